"""The layout of a diagram: boxes that do not overlap, lines that go from one to another."""

from itertools import combinations

from seisaku.layout import Box, layered

SIZES = {name: (100.0, 20.0 + 10 * at) for at, name in enumerate("abcdefgh")}


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def test_a_line_leads_to_the_right() -> None:
    found = layered(SIZES, [("a", "b"), ("b", "c"), ("a", "c")])
    assert found.boxes["a"].x < found.boxes["b"].x < found.boxes["c"].x


def test_boxes_do_not_overlap_and_lie_in_the_picture() -> None:
    lines = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("a", "d"), ("e", "d"), ("c", "f")]
    found = layered(SIZES, lines)
    assert found.boxes.keys() == SIZES.keys()
    for one, other in combinations(found.boxes.values(), 2):
        assert not overlap(one, other)
    for box in found.boxes.values():
        assert min(box.x, box.y) >= 0
        assert box.x + box.width <= found.width
        assert box.y + box.height <= found.height


def test_a_circle_is_drawn_and_each_line_keeps_its_direction() -> None:
    found = layered(SIZES, [("a", "b"), ("b", "c"), ("c", "a")])
    assert found.lines.keys() == {("a", "b"), ("b", "c"), ("c", "a")}
    start = float(found.lines["c", "a"][1:].split(" ")[0])
    assert start == found.boxes["c"].x


def test_a_line_to_the_same_box_is_left_out_and_a_box_without_lines_stands_below() -> None:
    found = layered(SIZES, [("a", "b"), ("c", "c")])
    assert ("c", "c") not in found.lines
    assert found.boxes["c"].y > max(found.boxes[each].y for each in "ab")


def test_lines_do_not_cross_where_they_need_not() -> None:
    found = layered(SIZES, [("a", "d"), ("b", "c")])
    order = sorted("abcd", key=lambda each: (found.boxes[each].x, found.boxes[each].y))
    assert order in (["a", "b", "d", "c"], ["b", "a", "c", "d"])


def test_the_same_input_gives_the_same_picture_and_nothing_gives_none() -> None:
    lines = [("a", "b"), ("a", "c"), ("c", "d")]
    assert layered(SIZES, lines) == layered(SIZES, lines[::-1])
    assert layered({}, []).boxes == {}
