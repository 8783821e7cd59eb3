"""What was measured, beside what must be reached."""
import dataclasses


@dataclasses.dataclass
class Row:
    case: str
    what: str
    measured: float
    unit: str
    reference: str = ""        # what the ratio is taken to, with its figure
    ratio: float | None = None
    budget: str = ""           # such as "<= 0.60 x", as shown
    ok: bool | None = None     # None: no budget, only a figure


class Report:
    def __init__(self, machine):
        self.machine = machine
        self.rows, self.notes, self.failures = [], [], []

    def section(self, case):
        return Section(self, case)

    def failed(self, case, error):
        self.failures.append(f"{case}: {error}")

    def passed(self):
        return not self.failures and all(row.ok is not False for row in self.rows)

    def table(self):
        head = ("case", "what", "measured", "against", "ratio", "budget", "")
        lines = [head] + [
            (row.case, row.what, f"{figure(row.measured)} {row.unit}".strip(), row.reference,
             "" if row.ratio is None else f"{row.ratio:.2f} x", row.budget, {True: "ok", False: "MISS", None: ""}[row.ok])
            for row in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        text = ["  ".join(cell.rjust(width) if i in (2, 4) else cell.ljust(width)
                          for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines]
        text.insert(1, "  ".join("-" * width for width in widths))
        text += [f"note: {note}" for note in self.notes] + [f"FAILED {failure}" for failure in self.failures]
        return "\n".join(text)

    def as_json(self):
        return {"machine": self.machine, "rows": [dataclasses.asdict(row) for row in self.rows],
                "notes": self.notes, "failures": self.failures}


class Section:
    """The rows of one case."""

    def __init__(self, report, case):
        self.report, self.case = report, case

    def figure(self, what, measured, unit=""):
        """A figure without a budget."""
        self._add(Row(self.case, what, measured, unit))

    def limit(self, what, measured, unit, at_most=None, at_least=None):
        """A figure with an absolute budget."""
        budget = f"<= {figure(at_most)} {unit}" if at_most is not None else f">= {figure(at_least)} {unit}"
        self._add(Row(self.case, what, measured, unit, budget=budget, ok=_holds(measured, at_most, at_least)))

    def ratio(self, what, measured, unit, name, reference, at_most=None, at_least=None):
        """A figure beside a rival's or a floor's; the budget, if any, is on their ratio."""
        ratio = measured / reference if reference else float("inf")
        budget, ok = "", None
        if at_most is not None or at_least is not None:
            budget = f"<= {at_most:.2f} x" if at_most is not None else f">= {at_least:.2f} x"
            ok = _holds(ratio, at_most, at_least)
        self._add(Row(self.case, what, measured, unit, f"{name} {figure(reference)}", ratio, budget, ok))

    def note(self, text):
        print(f"  {text}", flush=True)
        self.report.notes.append(f"{self.case}: {text}")

    def progress(self, text):
        print(f"  {text}", flush=True)

    def _add(self, row):
        self.report.rows.append(row)


def _holds(value, at_most, at_least):
    return (at_most is None or value <= at_most) and (at_least is None or value >= at_least)


def figure(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
