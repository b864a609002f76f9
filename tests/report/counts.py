#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""counts.py DIR: do the documents in DIR say the same, each in its own language?"""
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

DFXML = "{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}"
ROWS_PRINTED = 256


def read(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as f:
        return f.read()


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def of_json(facts):
    examination = facts.get("examination", {})
    before = examination.get("before", {})
    digests = {} if before.get("fill") else before.get("digests", {})
    return {
        "partitions": [(p["start"], p["length"]) for p in examination.get("scan", {}).get("partitions", [])],
        "container files": [(f["path"], f.get("size"), f.get("before")) for f in facts["container"]],
        "results": [(f["path"], f["sha256"]) for f in facts["results"]],
        "steps": [(s["step"], s["path"], s["sha256"]) for s in facts["steps"]],
        "digests of the media": {k: v for k, v in digests.items()},
    }


class Case:
    def __init__(self, text):
        self.nodes = json.loads(text)["@graph"]
        self.by_id = {n["@id"]: n for n in self.nodes}

    def of(self, kind):
        return [n for n in self.nodes if n["@type"].split(":")[1] == kind]

    @staticmethod
    def facet(node, kind):
        return next((f for f in as_list(node.get("uco-core:hasFacet")) if f["@type"].endswith(":" + kind)), {})

    def hashes(self, node):
        content = self.facet(node, "ContentDataFacet")
        return {
            h["uco-types:hashMethod"].lower(): h["uco-types:hashValue"]["@value"]
            for h in as_list(content.get("uco-observable:hash"))
        }

    @staticmethod
    def integer(value):
        return int(value["@value"]) if value else None

    def file(self, node):
        facet = self.facet(node, "FileFacet")
        return (
            facet["uco-observable:filePath"],
            self.integer(facet.get("uco-observable:sizeInBytes")),
            self.hashes(node).get("sha256"),
        )


def of_case(text, facts):
    case = Case(text)
    partitions = [case.facet(n, "DiskPartitionFacet") for n in case.of("DiskPartition")]
    images = case.of("Image")
    files = [case.file(n) for n in case.of("File")]
    n, m = len(facts["container"]), len(facts["steps"])
    actions = [a for a in case.of("InvestigativeAction") if a["uco-core:name"] != "transfer"]
    results = [case.file(case.by_id[a["uco-action:result"][0]["@id"]]) for a in actions]
    return {
        "partitions": [
            (case.integer(p["uco-observable:partitionOffset"]), case.integer(p["uco-observable:partitionLength"]))
            for p in partitions
        ],
        "container files": files[:n],
        "results": [(path, sha256) for path, _, sha256 in files[n + m :]],
        "steps": [(a["uco-core:name"], path, sha256) for a, (path, _, sha256) in zip(actions, results)],
        "digests of the media": case.hashes(images[0]) if images else {},
        "provenance records": len(case.of("ProvenanceRecord")),
    }


def of_dfxml(text, facts):
    root = xml.fromstring(text.encode())
    files = []
    for f in root.iter(DFXML + "fileobject"):
        size = f.find(DFXML + "filesize")
        digest = f.find(DFXML + "hashdigest")
        files.append(
            (
                f.find(DFXML + "filename").text,
                int(size.text) if size is not None else None,
                digest.text if digest is not None else None,
            )
        )
    partitions = []
    for p in root.iter(DFXML + "partitionobject"):
        run = p.find(f"{DFXML}byte_runs/{DFXML}byte_run")
        partitions.append((int(run.get("img_offset")), int(run.get("len"))))
    n = len(facts["container"])
    image = f"{DFXML}diskimageobject/{DFXML}byte_runs/{DFXML}byte_run/{DFXML}hashdigest"
    return {
        "partitions": partitions,
        "container files": files[:n],
        "results": [(path, sha256) for path, _, sha256 in files[n:]],
        "digests of the media": {h.get("type"): h.text for h in root.findall(image)},
    }


def rows_of_table(text, caption):
    at = text.find(caption)
    return -1 if at < 0 else text.count("<tr>", at, text.index("</table>", at)) - 1


def of_html(text, facts):
    return {"partitions printed": rows_of_table(text, "Partitions (positions in bytes")}


def main(directory):
    facts = json.loads(read(directory, "report.json"))
    expected = of_json(facts)
    n = len(expected["partitions"])
    expected["provenance records"] = (1 + len(expected["container files"]) + n) if facts.get("examination") else 0
    expected["partitions printed"] = min(n, ROWS_PRINTED) if n else -1
    bad = 0
    for name, said in (
        ("CASE", of_case(read(directory, "report.case.jsonld"), facts)),
        ("DFXML", of_dfxml(read(directory, "report.dfxml"), facts)),
        ("HTML", of_html(read(directory, "report.html"), facts)),
    ):
        for what, value in said.items():
            if isinstance(value, list):
                same = sorted(value, key=repr) == sorted(expected[what], key=repr)
            elif isinstance(value, dict):
                same = value.items() <= expected[what].items() and len(value) == len(expected[what])
            else:
                same = value == expected[what]
            if not same:
                print(f"{directory}: {name}: {what}: {value} instead of {expected[what]}")
            bad += not same
    print(f"{directory}: {n} partitions, {len(expected['steps'])} steps, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
