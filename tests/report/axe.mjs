// SPDX-License-Identifier: Apache-2.0
// axe.mjs CHROMIUM PROFILE FILE.html...: what axe-core finds in each report, unchanged as it lies on the disk, and
// every request it makes. Talks to the browser through two pipes: nothing listens.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [chromium, profile, ...files] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = spawn(
	chromium,
	["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
		`--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"],
	{ stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const [toBrowser, fromBrowser] = [browser.stdio[3], browser.stdio[4]];
const waiting = new Map();
const listeners = [];
let number = 0;
let rest = "";

fromBrowser.on("data", (data) => {
	const messages = (rest + data).split("\0");
	rest = messages.pop();
	for (const text of messages) {
		const message = JSON.parse(text);
		if (message.id) waiting.get(message.id)(message);
		else listeners.forEach((listener) => listener(message));
	}
});

function ask(method, params = {}, sessionId = undefined) {
	return new Promise((resolve, reject) => {
		waiting.set(++number, (m) => (m.error ? reject(new Error(`${method}: ${m.error.message}`)) : resolve(m.result)));
		toBrowser.write(JSON.stringify({ id: number, method, params, sessionId }) + "\0");
	});
}

async function look(file) {
	const url = pathToFileURL(file).href;
	const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
	const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
	const on = (method, params) => ask(method, params, sessionId);
	const requests = [];
	const loaded = new Promise((resolve) =>
		listeners.push((m) => {
			if (m.sessionId !== sessionId) return;
			if (m.method === "Network.requestWillBeSent") requests.push(m.params.request.url);
			if (m.method === "Page.loadEventFired") resolve();
		}),
	);

	await on("Page.enable");
	await on("Network.enable");
	await on("Page.setBypassCSP", { enabled: true }); // for axe only: the policy forbids all scripts
	await on("Page.navigate", { url });
	await loaded;
	await on("Runtime.evaluate", { expression: axe });
	const { result } = await on("Runtime.evaluate", {
		expression: 'axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify({passes: r.passes.length, ' +
			"violations: r.violations.map((v) => ({id: v.id, impact: v.impact, nodes: v.nodes.length, " +
			"first: v.nodes[0].html.slice(0, 160), why: v.nodes[0].failureSummary}))}))",
		awaitPromise: true,
		returnByValue: true,
	});
	await ask("Target.closeTarget", { targetId });
	return { file, requests: requests.filter((r) => r !== url), ...JSON.parse(result.value) };
}

let failed = false;
try {
	for (const file of files) {
		const seen = await look(file);
		console.log(JSON.stringify(seen));
		failed ||= seen.requests.length > 0 || seen.passes < 10 ||
			seen.violations.some((v) => v.impact === "serious" || v.impact === "critical");
	}
} finally {
	browser.kill();
}
process.exit(failed ? 1 : 0);
