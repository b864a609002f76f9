// SPDX-License-Identifier: Apache-2.0
// shacl.mjs ONTOLOGY.ttl FILE...: does each JSON-LD file conform to the shapes? No network: contexts must be inline.
// Left out of the ontology: imports (all of it is in one file), constraints in SPARQL, and the checks of OWL itself.
import { readFileSync } from "node:fs";
import jsonld from "jsonld";
import { Parser, Store } from "n3";
import Validator from "rdf-validate-shacl";

const OWL = "http://www.w3.org/2002/07/owl#";
const SH = "http://www.w3.org/ns/shacl#";
const SUB_CLASS_OF = "http://www.w3.org/2000/01/rdf-schema#subClassOf";

const [ontology, ...files] = process.argv.slice(2);
const quads = new Parser().parse(readFileSync(ontology, "utf8"));
const metaShape = (term) => term.termType === "NamedNode" && term.value.includes("/owl/");
const shapes = quads.filter(
	(q) =>
		q.predicate.value !== OWL + "imports" &&
		q.predicate.value !== SH + "sparql" &&
		!metaShape(q.subject) &&
		!metaShape(q.object),
);
const hierarchy = quads.filter((q) => q.predicate.value === SUB_CLASS_OF && q.object.termType === "NamedNode");
const validator = new Validator(new Store(shapes));
const documentLoader = async (url) => {
	throw new Error(`a context from outside: ${url}`);
};

let failed = false;
for (const file of files) {
	const nquads = await jsonld.toRDF(JSON.parse(readFileSync(file, "utf8")), {
		format: "application/n-quads",
		documentLoader,
	});
	const data = new Parser({ format: "application/n-quads" }).parse(nquads);
	const report = await validator.validate(new Store([...data, ...hierarchy]));
	const count = (word) => report.results.filter((r) => r.severity?.value === SH + word).length;

	console.log(`${file}: ${data.length} triples, ${count("Violation")} violations, ${count("Warning")} warnings`);
	for (const r of report.results)
		console.log(
			`  ${r.severity?.value.split("#")[1]} ${r.focusNode?.value} ${r.path?.value} ` +
				`${r.message.map((m) => m.value).join("; ")} [${r.value?.value}]`,
		);
	failed ||= !data.length || report.results.length > 0;
}
process.exit(failed ? 1 : 0);
