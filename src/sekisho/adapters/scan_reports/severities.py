"""What other scanners' severities become here, and how sure their results are.

Nessus counts 0 (none) to 4 (critical); Greenbone gives a CVSS base score, split as CVSS 3.1 does (9.0 critical, 7.0 high,
4.0 medium). Everything here faces the internet, so critical means today. Greenbone's quality of detection (QoD) says how
it was seen: from 95 on by a check that got the answer, from 70 on by what the service says of itself, less than that is rough.
"""

from sekisho.domain.diagnosis.findings import Certainty, Severity

NESSUS = {4: Severity.URGENT, 3: Severity.SOON, 2: Severity.PLANNED, 1: Severity.NOTE}
QOD_SURE, QOD_STATED = 95, 70


def of_cvss(score: float) -> Severity:
    """Return the severity of a CVSS base score; `UNKNOWN` for what can be none."""
    if not 0 < score <= 10:
        return Severity.UNKNOWN
    steps = ((9.0, Severity.URGENT), (7.0, Severity.SOON), (4.0, Severity.PLANNED), (0.0, Severity.NOTE))
    return next(severity for least, severity in steps if score >= least)


def of_qod(value: str) -> Certainty:
    """Return how sure a result is by Greenbone's quality of detection, in percent."""
    if not (value.isascii() and value.isdigit() and len(value) <= 3):
        return Certainty.UNKNOWN
    return (
        Certainty.CONFIRMED
        if int(value) >= QOD_SURE
        else Certainty.STATED
        if int(value) >= QOD_STATED
        else Certainty.ROUGH
    )
