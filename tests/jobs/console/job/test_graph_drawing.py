"""Where jobs stand when their dependencies are drawn."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jobs.console.job.graph_drawing import BOX_HEIGHT, BOX_WIDTH, draw


def ids(count: int) -> list[UUID]:
    return [UUID(int=number + 1) for number in range(count)]


def test_what_is_waited_for_stands_to_the_left() -> None:
    top, left, right, last = ids(4)
    drawing = draw(
        left, [top, left, right, last], [(top, left), (top, right), (left, last), (right, last), (top, last)]
    )
    x = {spot.id: spot.x for spot in drawing.spots}
    assert x[top] < x[left] == x[right] < x[last]
    assert len(drawing.lines) == 5
    assert drawing.left_out == 0


def test_a_job_alone_is_one_box() -> None:
    [one] = ids(1)
    drawing = draw(one, [one], [])
    assert [spot.id for spot in drawing.spots] == [one]


def test_of_many_the_nearest_are_drawn() -> None:
    chain = ids(200)
    drawing = draw(chain[100], chain, list(zip(chain, chain[1:], strict=False)), most=11)
    assert sorted(spot.id for spot in drawing.spots) == chain[95:106]
    assert drawing.left_out == 189


EDGES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda pair: pair[0] < pair[1]), max_size=40)


@given(EDGES, st.integers(0, 14))
def test_no_two_boxes_touch_and_every_line_goes_to_the_right(pairs: list[tuple[int, int]], root: int) -> None:
    known = ids(15)
    drawing = draw(known[root], known, [(known[a], known[b]) for a, b in dict.fromkeys(pairs)])
    spots = {spot.id: spot for spot in drawing.spots}
    assert known[root] in spots
    for one in drawing.spots:
        assert 0 <= one.x <= drawing.width - BOX_WIDTH and 0 <= one.y <= drawing.height - BOX_HEIGHT
        for other in drawing.spots:
            apart = abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT
            assert one is other or apart
    assert all(spots[line.parent].x < spots[line.child].x for line in drawing.lines)


def test_a_circle_though_there_should_be_none_is_drawn_all_the_same() -> None:
    one, two = ids(2)
    assert len(draw(one, [one, two], [(one, two), (two, one)]).spots) == 2
