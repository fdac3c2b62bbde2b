"""Turns: one client with many queries does not keep another from its one."""

import threading
import time
from collections.abc import Callable

import pytest

from seisaku.client import Client
from seisaku.errors import ClientGone, QueueFull
from seisaku.turns import Turns

GREEDY, MODEST = "192.0.2.1", "192.0.2.2"


def later(
    turns: Turns[int], client: Client, done: list[str], ends: float = 5.0
) -> threading.Thread:
    """Take a place in a thread of its own, and note whose turn it was or why it was not."""

    def take() -> None:
        try:
            turns.take(client, time.monotonic() + ends)
            done.append(client.address)
        except (QueueFull, ClientGone) as error:
            done.append(getattr(error, "reason", "gone"))

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.005)


def queued(turns: Turns[int], address: str, count: int, done: list[str]) -> list[threading.Thread]:
    threads = []
    for _ in range(count):
        before = turns.waiting
        threads.append(later(turns, Client(address), done))
        until(lambda before=before: turns.waiting > before)  # type: ignore[misc]
    return threads


@pytest.fixture
def turns() -> Turns[int]:
    """One place, which is taken by the greedy client; eight may wait."""
    made: Turns[int] = Turns(8, 2)
    made.open([1])
    assert made.take(Client(GREEDY), time.monotonic() + 1) == 1
    return made


def test_who_has_fewest_running_comes_first(turns: Turns[int]) -> None:
    done: list[str] = []
    threads = queued(turns, GREEDY, 4, done) + queued(turns, MODEST, 1, done)
    turns.give_back(1, Client(GREEDY))
    until(lambda: bool(done))
    turns.close()
    for thread in threads:
        thread.join()
    assert done[0] in (GREEDY, MODEST)
    assert done.count("stopping") == 4


def test_clients_come_in_turn(turns: Turns[int]) -> None:
    done: list[str] = []
    threads = queued(turns, GREEDY, 3, done) + queued(turns, MODEST, 3, done)
    last = GREEDY
    for count in range(1, 7):
        turns.give_back(1, Client(last))
        until(lambda count=count: len(done) == count)  # type: ignore[misc]
        last = done[-1]
    for thread in threads:
        thread.join()
    assert done == [GREEDY, MODEST] * 3 or done == [MODEST, GREEDY] * 3


def test_a_full_queue_gives_way_to_a_client_with_fewer_waiting(turns: Turns[int]) -> None:
    done: list[str] = []
    threads = queued(turns, GREEDY, 8, done)
    threads.append(later(turns, Client(MODEST), done))
    until(lambda: bool(done))
    assert done == ["waiting"]  # the last of the greedy client's
    assert turns.waiting == 8
    turns.close()
    for thread in threads:
        thread.join()


def test_a_full_queue_refuses_one_more_of_who_fills_it(turns: Turns[int]) -> None:
    done: list[str] = []
    threads = queued(turns, GREEDY, 8, done)
    with pytest.raises(QueueFull, match="waiting"):
        turns.take(Client(GREEDY), time.monotonic() + 1)
    turns.close()
    for thread in threads:
        thread.join()


def test_who_waits_too_long_is_refused_and_leaves_the_queue(turns: Turns[int]) -> None:
    with pytest.raises(QueueFull, match="no worker became free"):
        turns.take(Client(MODEST), time.monotonic() + 0.05)
    assert turns.waiting == 0


def test_who_leaves_is_not_waited_for(turns: Turns[int]) -> None:
    done: list[str] = []
    client = Client(MODEST)
    thread = later(turns, client, done)
    until(lambda: turns.waiting == 1)
    client.leave()
    thread.join(1)
    assert done == ["gone"]
    assert turns.waiting == 0


def test_a_place_that_is_given_to_who_has_left_is_free_again(turns: Turns[int]) -> None:
    turns.give_back(1, Client(GREEDY))
    client = Client(MODEST)
    client.leave()
    with pytest.raises(ClientGone):
        turns.take(client, time.monotonic() + 1)
    assert turns.running == 0
    assert turns.take(Client(MODEST), time.monotonic() + 1) == 1


def test_one_client_leaves_a_place_for_a_long_query_of_another() -> None:
    turns: Turns[int] = Turns(0, 3)
    turns.open([1, 2, 3, 4])
    turns.count_as_slow(Client(GREEDY))
    turns.count_as_slow(Client(GREEDY))
    with pytest.raises(QueueFull, match="long queries"):
        turns.count_as_slow(Client(GREEDY))
    turns.count_as_slow(Client(MODEST))
    with pytest.raises(QueueFull, match="long queries"):
        turns.count_as_slow(Client(MODEST))


def test_a_free_place_can_be_had_at_once_but_not_before_who_waits(turns: Turns[int]) -> None:
    assert turns.at_once(Client(MODEST)) is None
    done: list[str] = []
    threads = queued(turns, MODEST, 1, done)
    turns.open([2, 3])
    assert turns.at_once(Client(GREEDY)) == 2
    assert turns.running == 3
    assert turns.at_once(Client(GREEDY)) is None
    for each in threads:
        each.join()
    turns.close()
    turns.give_back(1, Client(GREEDY))
    assert turns.at_once(Client(GREEDY)) is None


def test_a_lost_place_is_not_handed_out(turns: Turns[int]) -> None:
    turns.give_back(None, Client(GREEDY))
    with pytest.raises(QueueFull):
        turns.take(Client(GREEDY), time.monotonic() + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2:3::1", "2001:db8:1:2:4::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "", True),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(one: str, other: str, same: bool) -> None:
    assert (Client(one).address == Client(other).address) is same


def test_a_call_for_a_client_that_has_left_before_is_made_at_once() -> None:
    calls: list[str] = []
    client = Client()
    with client.on_leaving(lambda: calls.append("first")):
        assert calls == []
    client.leave()
    with client.on_leaving(lambda: calls.append("second")):
        assert calls == ["second"]
