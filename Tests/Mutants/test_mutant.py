"""Tests how the texts of mutants are found, replaced and reported: python3 Tests/Mutants/test_mutant.py"""

import tempfile
import unittest
from pathlib import Path

from mutant import Invalid, Mutant, Sources, complaints

QUEUE = """\
struct Queue {
  static let maximumInFlight = 16  // requests

  mutating func take(_ event: Event) {
    guard held < window else { return }
    // It is the newest.
    items.append(event)
    held += 1
  }

  mutating func clear() {
    items = []
    held += 1
  }

  var isEmpty: Bool { items.isEmpty }
}
"""


class Package:
    """A package with one source, and a test that is called `A queue`."""

    def __init__(self, source=QUEUE, path="Sources/Kit/Queue.swift"):
        self.folder = tempfile.TemporaryDirectory()
        self.root, self.path = Path(self.folder.name), path
        self.write(path, source)
        self.write("Tests/QueueTests.swift", "@Suite struct `A queue` {}\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def mutated(self, body):
        """Returns the source as a mutant changes it."""
        with self.folder:
            return Sources(self.root).mutated(mutant(body))[self.path]

    def complaints(self, body):
        with self.folder:
            return list(complaints([mutant(body)], self.root))


def mutant(body, header=""):
    return Mutant("001-bug", f"There is a bug.\n{header}\n{body}")


class Finding(unittest.TestCase):
    def test_a_part_of_a_line_is_replaced_and_the_rest_stays(self):
        self.assertEqual(
            Package().mutated("- maximumInFlight = 16\n+ maximumInFlight = 17\n"), QUEUE.replace("16", "17"))

    def test_a_text_survives_a_move_to_another_file(self):
        moved = Package(path="Sources/Other/Moved.swift")
        self.assertIn("= 17", moved.mutated("- maximumInFlight = 16\n+ maximumInFlight = 17\n"))

    def test_neither_white_space_nor_comments_count(self):
        body = "- guard held < window else { return }\n- items.append(event)\n+ items.append(event)\n"
        for source in [QUEUE, QUEUE.replace("    ", "          "), QUEUE.replace(" else {", "\n    else {  // full\n     ")]:
            mutated = Package(source).mutated(body)
            self.assertNotIn("guard", mutated)
            self.assertEqual(mutated.count("items.append(event)\n"), 1)

    def test_words_numbers_and_operators_are_whole(self):
        for text in ["InFlight = 16", "maximumInFlight = 1", "held + "]:
            self.assertRegex(Package().complaints(f"- {text}\n+ x\n")[0], "not found")

    def test_new_lines_are_indented_like_the_old_ones(self):
        self.assertEqual(
            Package().mutated("- items = []\n+ if held > 0 {\n+   items = []\n+ }\n"),
            QUEUE.replace("    items = []\n", "    if held > 0 {\n      items = []\n    }\n"))

    def test_a_deleted_line_leaves_no_blank_line(self):
        self.assertEqual(Package().mutated("- items = []\n"), QUEUE.replace("    items = []\n", ""))

    def test_a_declaration_makes_a_text_unique(self):
        before, _, after = QUEUE.partition("clear")
        for scope, expected in [
            ("func take(", before.replace("held += 1", "held -= 1") + "clear" + after),
            ("mutating func clear()", before + "clear" + after.replace("held += 1", "held -= 1")),
        ]:
            self.assertEqual(Package().mutated(f"In: {scope}\n- held += 1\n+ held -= 1\n"), expected)
        for scope in ["var isEmpty: Bool", "func missing()"]:
            self.assertRegex(Package().complaints(f"In: {scope}\n- held += 1\n")[0], "not found in ")

    def test_a_mutant_may_replace_several_texts(self):
        mutated = Package().mutated("- = 16\n+ = 17\n\n- items = []\n- held += 1\n+ held = 0\n- items.isEmpty\n+ true\n")
        self.assertEqual(
            mutated, QUEUE.replace("16", "17").replace("    items = []\n    held += 1", "    held = 0")
            .replace("items.isEmpty", "true"))

    def test_texts_must_not_overlap(self):
        with self.assertRaises(Invalid):
            Package().mutated("- items = []\n- held += 1\n\n- items = []\n")


class Checking(unittest.TestCase):
    def test_a_text_that_is_found_once_is_fine(self):
        self.assertEqual(Package().complaints("- maximumInFlight = 16\n+ maximumInFlight = 17\n"), [])

    def test_a_text_that_is_found_twice_is_reported_with_its_places(self):
        [complaint] = Package().complaints("- held += 1\n")
        self.assertIn("001-bug: found 2 times", complaint)
        self.assertIn("Sources/Kit/Queue.swift:8: held += 1", complaint)
        self.assertIn("Sources/Kit/Queue.swift:13: held += 1", complaint)

    def test_a_text_that_is_missing_is_reported_with_the_nearest_line(self):
        [complaint] = Package().complaints("- maximumRequestsInFlight = 12\n+ maximumRequestsInFlight = 13\n")
        first = complaint.split("nearest:\n")[1].splitlines()[1]
        self.assertEqual(first, "  Sources/Kit/Queue.swift:2: static let maximumInFlight = 16  // requests")

    def test_tests_and_commands_that_are_missing_are_reported(self):
        package = Package()
        with package.folder:
            for header, count in [
                ("Tests: A queue", 0), ("Tests: A stack|A queue", 0), ("Tests: A stack", 1),
                ("Command: python3 Tests/QueueTests.swift", 0), ("Command: python3 Tests/missing.py", 1),
            ]:
                found = list(complaints([mutant("- items = []\n", header)], package.root))
                self.assertEqual(len(found), count, header)

    def test_two_mutants_with_the_same_number_are_reported(self):
        package = Package()
        with package.folder:
            mutants = [Mutant(name, "There is a bug.\n\n- items = []\n") for name in ["001-bug", "001-other", "002-bug"]]
            found = list(complaints(mutants, package.root))
        self.assertEqual(found, [
            "001-bug: another mutant has the number 001 too", "001-other: another mutant has the number 001 too",
        ])


class Reading(unittest.TestCase):
    def test_the_header_is_read(self):
        read = Mutant("001-bug", "There is\na bug.\nTests: A|B\nCommand: true\n\n- a\n+ b\n")
        self.assertEqual((read.sentence, read.tests, read.command), ("There is a bug.", "A|B", "true"))

    def test_malformed_mutants_are_refused(self):
        for text in [
            "- a\n+ b\n", "A bug.\n", "A bug.\n\nIn: func a()\n", "A bug.\n\n- a\n+ a\n", "A bug.\n\n- // a\n+ b\n",
            "A bug.\n\n- a\n+b\n", "A bug.\n\n- a\nTests: b\n", "A bug.\n\n- a\n\n+ b\n",
        ]:
            with self.assertRaises(Invalid, msg=text):
                Mutant("001-bug", text)


if __name__ == "__main__":
    unittest.main()
