"""The format of mutants, and how their texts are found in the sources.

A mutant is a file NAME.mutant:

    Seventeen requests of a target are in flight.
    Tests: DeliveryQueueTests|DeliveryTiming

    - maximumInFlight = 16
    + maximumInFlight = 17

It begins with a sentence that describes the bug. These lines may follow:

    Tests: FILTER       the tests that should notice, for `swift test --filter`; all others run only if these pass
    Command: COMMAND    replaces `swift test`; runs in the root of the copy and uses .build/debug/rollcall

Then come one or more replacements, separated by blank lines. Lines that begin with `-` are the text in the sources; lines
that begin with `+` replace it. Without `+` lines the text is deleted. A mutant names no file, so it survives when code moves;
instead, the text must occur exactly once in all sources. A text may be a part of a line, or several lines. It begins and ends
with a whole word, number or operator. White space and `//` comments are ignored when texts are compared, so indenting or
wrapping code differently does not break a mutant. New lines are indented like the old ones and keep their relative indentation.

Use the shortest text that is unique and readable. Where several lines would be needed to make it unique, `In:` can limit it to
a declaration, given by a part of its first line:

    In: func restart()
    - hasRestarted = true
"""

import hashlib
import math
import re
from collections import Counter
from pathlib import Path

SUFFIXES = {".swift", ".c", ".h"}
# A comment; or, captured, a word, an operator or any other character.
TOKEN = re.compile(r"(?<!:)//.*|(\w+|[-+*/%<>=!&|^~?.]+|\S)")
# A part of a token, such as one of the words of an identifier.
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^\w\s]+")
# The names that the IDs of tests consist of.
TEST_NAME = re.compile(r"\b(?:struct|class|enum|actor|extension|func) +(`[^`]+`|\w+)")


class Invalid(Exception):
    """A mutant is malformed, or the sources do not contain its text exactly once."""


def canonical(text):
    """Returns the text without comments and with one space around each token, so that texts can be compared."""
    return " " + " ".join(filter(None, TOKEN.findall(text))) + " "


def indentation(line):
    return len(line) - len(line.lstrip())


def parts(line):
    return {part.lower() for part in PART.findall(canonical(line))}


class Replacement:
    def __init__(self, scope):
        self.scope, self.old, self.new = scope, [], []

    @property
    def text(self):
        return "\n".join(self.old)


class Mutant:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.tests = self.command = None
        self.replacements = []
        sentence = []
        current = scope = None
        for number, line in enumerate(text.splitlines(), 1):
            if line[0:2] in ("-", "- "):
                if current is None or current.new:
                    current, scope = Replacement(scope), None
                    self.replacements.append(current)
                current.old.append(line[2:])
            elif line[0:2] in ("+", "+ ") and current:
                current.new.append(line[2:])
            elif line.startswith("In: "):
                current, scope = None, line[4:].strip()
            elif not line.strip():
                current = None
            elif self.replacements or scope:
                raise Invalid(f"line {number} is not part of a replacement: {line}")
            elif line.startswith("Tests: "):
                self.tests = line[7:].strip()
            elif line.startswith("Command: "):
                self.command = line[9:].strip()
            else:
                sentence.append(line.strip())
        self.sentence = " ".join(sentence)
        if not self.sentence:
            raise Invalid("no sentence describes the bug")
        if not self.replacements or scope:
            raise Invalid("nothing is replaced" + (f" in {scope}" if scope else ""))
        for replacement in self.replacements:
            if not canonical(replacement.text).strip():
                raise Invalid("a text to replace is empty")
            if canonical(replacement.text) == canonical("\n".join(replacement.new)):
                raise Invalid(f"this text is replaced with itself: {replacement.old[0]}")

    @staticmethod
    def read(path):
        try:
            return Mutant(path.stem, path.read_text())
        except Invalid as error:
            raise Invalid(f"{path.stem}: {error}") from None

    @property
    def number(self):
        return self.name.partition("-")[0]

    @property
    def digest(self):
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


class Place:
    """The range of a text in a source, from its first token to its last."""

    def __init__(self, path, source, start, end):
        self.path, self.start, self.end = path, start, end
        self.line_start = source.rfind("\n", 0, start) + 1
        self.number = source.count("\n", 0, start) + 1
        self.line = source[self.line_start:].split("\n", 1)[0]

    def __str__(self):
        return f"{self.path}:{self.number}: {self.line.strip()}"


class Sources:
    """The sources of a package."""

    def __init__(self, root):
        paths = sorted(path for path in (root / "Sources").rglob("*") if path.suffix in SUFFIXES)
        self.texts = {str(path.relative_to(root)): path.read_bytes().decode() for path in paths}
        self.canonical = {path: canonical(text) for path, text in self.texts.items()}
        self.lines = None

    def places(self, replacement):
        """Returns all places of the old text, limited to the declaration that the replacement names."""
        wanted = canonical(replacement.text)
        found = []
        for path, text in self.canonical.items():
            at = text.find(wanted)
            while at >= 0:
                found.append(self.place(path, at, wanted))
                at = text.find(wanted, at + 1)
        if replacement.scope:
            found = [place for place in found if self.is_inside(place, canonical(replacement.scope))]
        return found

    def place(self, path, at, wanted):
        first = self.canonical[path].count(" ", 0, at)
        last = first + wanted.count(" ") - 2
        tokens = [match for match in TOKEN.finditer(self.texts[path]) if match[1]]
        return Place(path, self.texts[path], tokens[first].start(), tokens[last].end())

    def is_inside(self, place, scope):
        text = self.canonical[place.path]
        at = text.find(scope)
        while at >= 0:
            declaration = self.place(place.path, at, scope)
            if declaration.start <= place.start and place.end <= self.end(declaration):
                return True
            at = text.find(scope, at + 1)
        return False

    def end(self, declaration):
        """Returns where a declaration ends: at the next closing brace that is indented like its first line."""
        text = self.texts[declaration.path]
        line_end = declaration.line_start + len(declaration.line)
        if declaration.line.endswith("}"):
            return line_end
        closing = "\n" + " " * indentation(declaration.line) + "}"
        at = text.find(closing, line_end)
        return at + len(closing) if at >= 0 else len(text)

    def mutated(self, mutant):
        """Returns the changed sources by path."""
        edits = {}
        for replacement in mutant.replacements:
            found = self.places(replacement)
            if len(found) != 1:
                raise Invalid(f"found {len(found)} times, expected once: {replacement.old[0].strip()}")
            edits.setdefault(found[0].path, []).append((found[0], replacement))
        return {path: self.edited(path, those) for path, those in edits.items()}

    def edited(self, path, edits):
        text = self.texts[path]
        limit = len(text)
        for place, replacement in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
            if place.end > limit:
                raise Invalid(f"replacements overlap at {place}")
            start, end, new = place.start, place.end, self.indented(place, replacement)
            if not text[place.line_start:start].strip():
                start = place.line_start
                # A deleted line leaves no blank line.
                if not replacement.new and text[end:end + 1] == "\n":
                    end += 1
            else:
                new = new.lstrip()
            text, limit = text[:start] + new + text[end:], start
        return text

    @staticmethod
    def indented(place, replacement):
        shift = indentation(place.line) - indentation(replacement.old[0])
        return "\n".join(" " * max(0, shift + indentation(line)) + line.lstrip() if line.strip() else ""
                         for line in replacement.new)

    def nearest(self, replacement, count=3):
        """Returns the lines that share most with a missing text; rare words count most."""
        if self.lines is None:
            self.lines = [(path, number, line.strip(), parts(line))
                          for path, text in self.texts.items() for number, line in enumerate(text.splitlines(), 1)]
            frequency = Counter(part for *_, theirs in self.lines for part in theirs)
            self.weight = {part: math.log(len(self.lines) / frequency[part]) for part in frequency}
        wanted = [parts(line) for line in replacement.old]
        score = Counter()
        for index, (path, _, _, theirs) in enumerate(self.lines):
            for offset, ours in enumerate(wanted):
                shared = ours & theirs
                if shared and index >= offset and self.lines[index - offset][0] == path:
                    score[index - offset] += self.weigh(shared) - 0.1 * self.weigh(theirs - ours)
        return ["{}:{}: {}".format(*self.lines[index]) for index, value in score.most_common(count) if value > 0]

    def weigh(self, parts):
        return sum(map(self.weight.get, parts))


def complaints(mutants, root):
    """Yields a message for each problem that would make a mutant unusable."""
    sources = Sources(root)
    names = test_names(root)
    numbers = Counter(mutant.number for mutant in mutants)
    for mutant in mutants:
        if numbers[mutant.number] > 1:
            yield f"{mutant.name}: another mutant has the number {mutant.number} too"
        for replacement in mutant.replacements:
            found = sources.places(replacement)
            if len(found) == 1:
                continue
            within = f" in {replacement.scope}" if replacement.scope else ""
            text = "\n".join("    " + line for line in replacement.old)
            if found:
                others, said = found, f"found {len(found)} times{within}, expected once"
            else:
                others, said = sources.nearest(replacement), f"not found{within}; nearest"
            yield f"{mutant.name}: {said}:\n{text}\n" + "\n".join(f"  {other}" for other in others)
        if mutant.tests and not any(re.search(mutant.tests, name) for name in names):
            yield f"{mutant.name}: no test matches {mutant.tests}"
        for word in (mutant.command or "").split():
            if word.startswith(("Tests/", ".ci/")) and not (root / word).exists():
                yield f"{mutant.name}: {word} does not exist"


def test_names(root):
    paths = (root / "Tests").rglob("*.swift")
    return {name.strip("`") for path in paths for name in TEST_NAME.findall(path.read_text())}


def read_all(folder):
    return [Mutant.read(path) for path in sorted(Path(folder).glob("*.mutant"))]
