// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "view.h"

#define REDRAW_SECONDS 0.25

/* One line on one terminal: there can be no second one, and signal and exit paths must reach it. */
static struct {
	bool wanted, drawn;
	char what[32];
	double began, redrawn;
	uint64_t begun_at, last;
} line;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void cli_progress_clear(void)
{
	if (!line.drawn)
		return;
	fputs("\r\033[K", stderr);
	line.drawn = false;
}

static void restart(const char *what, uint64_t done)
{
	snprintf(line.what, sizeof(line.what), "%s", what);
	line.began = now();
	line.begun_at = done;
	line.redrawn = 0;
}

static void time_left(char buf[32], double seconds)
{
	unsigned long s = (unsigned long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(buf, 32, "%lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, 32, "%lu:%02lu left", s / 60, s % 60);
}

/* "  210 MiB/s  0:07 left", once there is something to reckon with. */
static void pace(char buf[96], uint64_t done, uint64_t total, double seconds)
{
	char speed[VIEW_SIZE_TEXT], left[32] = "";
	double rate = seconds > 0 ? (double)(done - line.begun_at) / seconds : 0;

	*buf = 0;
	if (rate < 1)
		return;
	if (seconds > 1)
		time_left(left, (double)(total - done) / rate);
	snprintf(buf, 96, "  %s/s  %s", view_human(speed, (uint64_t)rate), left);
}

static void draw_bytes(uint64_t done, uint64_t total, double seconds)
{
	char sofar[VIEW_SIZE_TEXT], all[VIEW_SIZE_TEXT], tail[96];

	pace(tail, done, total, seconds);
	fprintf(stderr, "\r%s  %3.0f %%  %s of %s%s\033[K", line.what,
		(double)done * 100 / (double)total, view_human(sofar, done), view_human(all, total),
		tail);
}

static void draw(const char *what, uint64_t done, uint64_t total, void *opaque)
{
	double t = now();

	(void)opaque;
	if (strcmp(what, line.what) != 0 || done < line.last)
		restart(what, done);
	line.last = done;
	if (t - line.redrawn < REDRAW_SECONDS)
		return;
	line.redrawn = t;
	line.drawn = true;
	if (total && done <= total)
		draw_bytes(done, total, t - line.began);
	else
		fprintf(stderr, "\r%s  %llu\033[K", what, (unsigned long long)done);
}

void cli_progress_draw(const char *what, uint64_t done, uint64_t total)
{
	if (line.wanted)
		draw(what, done, total, NULL);
}

static void note(const char *text, void *opaque)
{
	char *visible = view_visible(text);

	(void)opaque;
	cli_progress_clear();
	fprintf(stderr, "exhibit: %s\n", visible);
	free(visible);
}

void cli_progress_start(struct exh_ctx *ctx, const struct cli_args *args)
{
	const char *terminal = getenv("TERM");

	if (args->quiet)
		return;
	exh_on_note(ctx, note, NULL);
	line.wanted = !args->no_progress && isatty(STDERR_FILENO) && terminal &&
		      strcmp(terminal, "dumb") != 0;
	if (line.wanted)
		exh_on_progress(ctx, draw, NULL);
}
