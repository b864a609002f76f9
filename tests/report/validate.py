#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""validate.py SCHEMA FILE...: does each JSON file hold to the schema? Each place where one does not is named."""
import json
import sys

import jsonschema


def main(schema_path, paths):
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = 0
    for path in paths:
        with open(path, encoding="utf-8") as f:
            facts = json.load(f)
        errors = list(validator.iter_errors(facts))
        for error in errors[:10]:
            print(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
        print(f"{path}: {facts.get('command')}: {len(errors)} errors")
        bad += bool(errors)
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
