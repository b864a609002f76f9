// SPDX-License-Identifier: Apache-2.0
/* The looks: A4 on paper, the same sheet on a screen. One accent colour; what was refused or
 * differs has a second one, and words. */
#include <stdio.h>

#include "base/cleanup.h"
#include "chapters.h"

/* The partition map, in the report and as a drawing of its own. */
static const char map_rules[] =
	".map{display:block;width:100%;height:auto}"
	".map rect{stroke:#1b1f23;stroke-width:.6}.map .m-frame{fill:#fff}\n"
	".m-fs{fill:#bcd3dc}.m-enc{fill:#6d8f9c}.m-vol{fill:url(#grid)}.m-swap{fill:#e3e7ea}.m-"
	"other{fill:#fff}\n"
	".m-gap{fill:url(#hatch)}.map .m-lost{fill:#8c1d18;stroke:none}\n"
	".map .p-back{fill:#fff;stroke:none}.map .p-line{fill:#9aa5ae;stroke:none}"
	".map .p-mid{fill:#dfe8ec;stroke:none}.map .p-dot{fill:#1c4f63;stroke:none}\n"
	".map text{fill:#1b1f23;font-size:15px}.map "
	".m-no{font-size:18px;font-weight:700}.m-end{text-anchor:end}\n";

static const char rules[] =
	":root{--ink:#1b1f23;--soft:#55606b;--line:#d5dbe0;--wash:#f4f6f7;--accent:#1c4f63;--alarm:"
	"#8c1d18}\n"
	"*{box-sizing:border-box}\n"
	"html{font:13px/1.5 \"Helvetica Neue\",Helvetica,Arial,\"Liberation "
	"Sans\",sans-serif;color:var(--ink);"
	"background:#e9edef;-webkit-text-size-adjust:100%}\n"
	"body{margin:0}\n"
	"main{max-width:210mm;margin:0 auto;padding:18mm "
	"16mm;background:#fff;overflow-wrap:anywhere}\n"
	"bdi{unicode-bidi:isolate}\n"
	"a{color:var(--accent)}a:focus-visible{outline:2px solid "
	"var(--accent);outline-offset:2px}\n"
	".skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:#fff;padding:"
	"4px 8px}\n"
	"h1{font-size:30px;line-height:1.15;font-weight:400;letter-spacing:-.01em;margin:0 0 "
	"14px}\n"
	"h2{font-size:19px;line-height:1.25;font-weight:400;margin:34px 0 12px;padding-top:10px;"
	"border-top:2px solid var(--accent)}\n"
	"h2 .no{color:var(--accent);display:inline-block;min-width:1.7em}\n"
	"h3{font-size:13px;font-weight:700;margin:20px 0 6px}\n"
	"p{margin:0 0 10px}.remark{color:var(--soft);font-size:11.5px;break-before:avoid}\n"
	"ul,ol{margin:0 0 10px;padding-left:1.4em}li{margin:0 0 3px}\n"
	"code,pre,.hex{font-family:\"DejaVu Sans Mono\",Menlo,Consolas,\"Liberation "
	"Mono\",monospace}\n"
	"code{font-size:.88em}.hex{font-size:10px;line-height:1.45;overflow-wrap:break-word}\n"
	"pre{font-size:10.5px;background:var(--wash);border-left:3px solid var(--line);padding:8px "
	"12px;margin:0 0 10px;"
	"white-space:pre-wrap}\n"
	".absent{color:var(--soft);font-style:italic}\n"
	/* tables */
	"table{border-collapse:collapse;width:100%;margin:0 0 "
	"16px;font-size:11.5px;line-height:1.4}\n"
	"caption{text-align:left;font-weight:700;font-size:12px;padding:6px 0 "
	"5px;caption-side:top}\n"
	"th,td{text-align:left;vertical-align:top;padding:4px 10px 4px 0;border-bottom:1px solid "
	"var(--line);"
	"font-weight:400}\n"
	"thead th{color:var(--soft);font-size:10.5px;border-bottom:1px solid "
	"var(--ink);vertical-align:bottom}\n"
	"th:last-child,td:last-child{padding-right:0}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:normal;white-space:"
	"nowrap}\n"
	"td small{color:var(--soft);font-size:10px}.time{white-space:nowrap}.rest "
	"td{color:var(--soft);font-style:italic}\n"
	"table.facts{table-layout:fixed}table.facts caption{border-bottom:1px solid var(--ink)}\n"
	"table.facts th{width:34%;color:var(--soft)}\n"
	".verdict{font-weight:700;letter-spacing:.03em;font-size:10.5px;overflow-wrap:normal}\n"
	".verdict.yes{color:var(--accent)}.verdict.no{color:var(--alarm)}\n"
	"table.hashes tbody th,.nb{white-space:nowrap;overflow-wrap:normal}th.name{width:24%}"
	".digests{table-layout:fixed}.digests thead .nb{width:13%}\n"
	"table.problems tbody th{width:30%;padding-right:16px}table.problems tbody th "
	"span{display:block;color:var(--soft)}\n"
	"table.problems ul{padding-left:1.1em;margin:0}table.problems .remark{margin:4px 0 0}\n"
	".role{width:20%}table.sign td,table.sign th{height:58px;vertical-align:bottom}"
	"table.sign thead th{height:auto}table.sign td+td{border-left:10px solid #fff}\n"
	".argv code{display:inline-block;border:1px solid "
	"var(--line);background:var(--wash);padding:1px 6px;"
	"margin:0 2px 4px 0;max-width:100%;border-radius:2px}\n"
	/* the first page */
	".kind{color:var(--accent);font-size:11.5px;letter-spacing:.04em;margin:0 0 2px}\n"
	"header{border-top:6px solid var(--accent);padding-top:12px;position:relative}\n"
	".id{position:absolute;right:0;top:12px;font:11.5px \"DejaVu Sans "
	"Mono\",Menlo,Consolas,monospace;margin:0}\n"
	"dl{margin:0}dd{margin:0}dt{color:var(--soft);font-size:10.5px}\n"
	".who{display:grid;grid-template-columns:1fr 1fr 1fr;gap:8px 20px;margin-bottom:18px}\n"
	".outcome{border:1px solid var(--accent);border-left:8px solid var(--accent);padding:12px "
	"18px 10px;"
	"margin:0 0 16px;background:var(--wash)}\n"
	".outcome h2{border:0;margin:0 0 4px;padding:0;font-size:25px;color:var(--accent)}\n"
	".outcome p{margin:0;font-size:13.5px}\n"
	".outcome.no{border-color:var(--alarm)}.outcome.no h2{color:var(--alarm)}\n"
	".outcome.open{border-style:dashed;border-left-style:double}\n"
	".numbers{display:grid;grid-template-columns:repeat(4,1fr);gap:0;margin:0 0 8px;"
	"border-bottom:1px solid var(--line)}\n"
	".numbers div{padding:2px 12px 8px;border-left:1px solid var(--line)}\n"
	".numbers div:first-child{padding-left:0;border:0}\n"
	".numbers dd{font-size:21px;line-height:1.25;font-variant-numeric:tabular-nums}\n"
	".numbers small{display:block;font-size:10.5px;color:var(--soft);line-height:1.4}\n"
	".cover h3{margin-top:14px}.cover li{margin-bottom:2px}.count{color:var(--soft)}\n"
	".identity{font-size:10.5px;color:var(--soft);margin:6px 0 0}.identity "
	"span:first-child{display:inline-block;min-width:10.5em}.identity "
	".hex{color:var(--ink);font-size:11px}\n"
	"nav{border-top:1px solid var(--line);margin-top:14px;padding-top:8px}\n"
	"nav ol{columns:2;margin:0;font-size:11.5px}nav a{text-decoration:none}\n"
	".end{text-align:center;margin:40px 0 0;font-weight:700;break-before:avoid}"
	".end span{font:11.5px \"DejaVu Sans Mono\",Menlo,Consolas,monospace}\n"
	"figure{margin:0 0 14px}figcaption{color:var(--soft);font-size:11px}\n"
	"@media screen and (max-width:600px){main{padding:16px}.who{grid-template-columns:1fr 1fr}"
	".numbers{grid-template-columns:1fr 1fr}nav ol{columns:1}}\n"
	/* paper */
	"@media print{html{background:#fff;font-size:12px}main{max-width:none;padding:0;margin:0}"
	".skip{display:none}.cover{break-after:page}a{color:inherit;text-decoration:none}"
	"h2,h3,caption{break-after:avoid}tr,figure,.outcome,.numbers,pre,li{break-inside:avoid}"
	"table.problems tr{break-inside:auto}thead{display:table-header-group}p{orphans:3;widows:3}"
	"#signatures,nav,.readings,.digests{break-inside:avoid}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

char *exh_style(const char *report_id)
{
	char *style = NULL;

	if (asprintf(&style,
		     "%s%s@page{size:A4;margin:18mm 17mm 20mm;"
		     "@bottom-left{content:\"%s\";font:8.5px \"DejaVu Sans "
		     "Mono\",monospace;color:#55606b}"
		     "@bottom-right{content:counter(page) \" / \" counter(pages);"
		     "font:8.5px \"DejaVu Sans Mono\",monospace;color:#55606b}}\n",
		     rules, map_rules, report_id) < 0)
		return NULL;
	return style;
}

const char *exh_map_style(void)
{
	return map_rules;
}
