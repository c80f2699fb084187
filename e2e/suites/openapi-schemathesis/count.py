"""Prints how many cases a round made. A round that did not come to its end, or has failures, is an error."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
if not report["complete"] or report["failures"] or report["errors"]:
    sys.exit(f"the round has failures: {report['failures']} {report['errors']}")
print(report["test_cases"]["generated"])
