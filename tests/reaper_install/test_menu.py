"""The right-click menu: ours go to the end of a menu that is there, and no other byte moves."""

from __future__ import annotations

import random
import re

import pytest
from reaper_install.reaper_folder import MENU, SCRIPTS, knowledge

from voxmend.reaper.actions import MENU_LABEL, actions_of, menu_of
from voxmend.reaper.menu import add, customised, remove, shown
from voxmend_protocol.errors import EnvironmentProblem

FORMAT = knowledge("reaper_menu_format.json")
ITEMS = menu_of(actions_of(SCRIPTS))
COMMANDS = [command for command, _ in ITEMS]
SECTION = "Media item context"


def make(chance: random.Random, mine: bool = True) -> bytes:
    """A menu file as people have them: sections, submenus, icons, code pages, line ends."""
    end = chance.choice([b"\r\n", b"\n"])
    names = chance.sample([*FORMAT["context"], *FORMAT["main"], *FORMAT["toolbars"]], 5)
    names = [name for name in names if name != SECTION]
    if mine:
        names.insert(chance.randrange(len(names) + 1), SECTION)
    lines: list[bytes] = []
    for name in names:
        lines.append(f"[{name}]".encode())
        if chance.random() < 0.5:
            lines.append(b"default=%016x" % chance.getrandbits(64))
        values, depth = [], 0
        for _ in range(chance.randrange(1, 20)):
            kind = chance.choice([b"-1", b"-2", b"-3", b"-4", b"40012", b"_SWS_A&B", b"_RSab"])
            if kind == b"-3" and not depth:
                continue
            depth += {b"-2": 1, b"-3": -1}.get(kind, 0)
            label = b"" if kind == b"-3" else chance.choice([b" Gl\xfcck", b" z\xc3\xb6", b" a=b"])
            values.append(kind + label)
        values = [*values, *[b"-3"] * depth] or [b"-1"]
        if name in FORMAT["toolbars"]:
            lines += [b"icon_%d=text" % n for n in range(0, len(values), 3)]
        lines += [b"item_%d=%s" % pair for pair in enumerate(values)]
        if chance.random() < 0.5:
            lines.append(b"title=\xe4 title")
        lines += [b""] * chance.randrange(2)
    return end.join(lines) + end * chance.randrange(2)


def numbers(data: bytes) -> list[int]:
    """The numbers of the entries of our section, in the order of the file."""
    section = data.split(f"[{SECTION}]".encode())[1].split(b"\n[")[0]
    return [int(found) for found in re.findall(rb"item_(\d+)=", section)]


@pytest.mark.parametrize("seed", range(200))
def test_adding_and_removing_brings_every_byte_back(seed: int) -> None:
    old = make(random.Random(seed))
    new = add(old, MENU_LABEL, ITEMS)
    assert numbers(new) == list(range(len(numbers(old)) + len(ITEMS) + 2))
    more = len(new) - len(old)  # one block was put in, and that is all
    assert any(new[:at] + new[at + more :] == old for at in range(len(old) + 1))
    assert shown(new, COMMANDS) == set(COMMANDS)
    assert remove(new, COMMANDS).rstrip() == old.rstrip()
    if old.endswith(b"\n"):
        assert remove(new, COMMANDS) == old


@pytest.mark.parametrize("seed", range(50))
def test_a_menu_that_is_reapers_own_is_never_made(seed: int) -> None:
    data = make(random.Random(seed), mine=False)
    assert not customised(data)
    with pytest.raises(EnvironmentProblem):
        add(data, MENU_LABEL, ITEMS)
    assert remove(data, COMMANDS) == data


def test_the_submenu_stands_at_the_end_of_the_items_before_the_title() -> None:
    new = add(MENU, MENU_LABEL, ITEMS)
    end = b"item_6=40012 Split\r\n"
    wanted = b"item_7=-2 Vocals (voxmend)\r\n" + b"".join(
        b"item_%d=%s %s\r\n" % (8 + place, command.encode(), label.encode())
        for place, (command, label) in enumerate(ITEMS)
    ) + b"item_13=-3\r\n"  # fmt: skip
    assert new == MENU.replace(end, end + wanted)


def test_one_action_is_a_plain_entry() -> None:
    new = add(MENU, MENU_LABEL, ITEMS[:1])
    assert f"item_7={COMMANDS[0]} Restore vocals\r\ntitle=".encode() in new
    assert remove(new, COMMANDS) == MENU


def test_entries_that_were_moved_and_renamed_are_found_by_their_command() -> None:
    new = add(MENU, MENU_LABEL, ITEMS)
    moved = new.replace(b"Vocals (voxmend)", b"My \xfc voices").replace(b" Jobs", b" Queue")
    assert remove(moved, COMMANDS) == MENU


def test_a_submenu_with_an_entry_of_the_users_stays_and_is_numbered_anew() -> None:
    new = add(MENU, MENU_LABEL, ITEMS)
    own = new.replace(b"item_13=-3", b"item_13=40001 mine\r\nitem_14=-3")
    left = remove(own, COMMANDS)
    assert b"item_7=-2 Vocals (voxmend)\r\nitem_8=40001 mine\r\nitem_9=-3\r\ntitle" in left


def test_an_entry_added_behind_ours_moves_up_with_its_icon() -> None:
    new = add(MENU, MENU_LABEL, ITEMS)
    own = new.replace(b"item_13=-3", b"item_13=-3\r\nitem_14=40001 mine\r\nicon_14=a.png")
    assert b"item_7=40001 mine\r\nicon_7=a.png\r\ntitle" in remove(own, COMMANDS)


def test_an_empty_submenu_of_the_users_stays() -> None:
    data = MENU.replace(b"item_6=40012 Split", b"item_6=-2 empty\r\nitem_7=-3")
    assert remove(add(data, MENU_LABEL, ITEMS), COMMANDS) == data


def test_a_submenu_that_held_only_ours_in_another_goes_with_both() -> None:
    nested = MENU.replace(
        b"item_6=40012 Split",
        b"item_6=-2 a\r\nitem_7=-2 b\r\nitem_8=%s x\r\nitem_9=-3\r\nitem_10=-3"
        % COMMANDS[0].encode(),
    )
    assert remove(nested, COMMANDS) == MENU.replace(b"item_6=40012 Split\r\n", b"")


def test_other_sections_with_the_same_commands_are_left_alone() -> None:
    toolbar = MENU.replace(b"item_0=40001 Gl", b"item_0=" + COMMANDS[0].encode() + b" Gl")
    assert shown(toolbar, COMMANDS) == set()
    assert remove(add(toolbar, MENU_LABEL, ITEMS), COMMANDS) == toolbar


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"item_3=", b"item_30=", "gaps"),
        (b"item_3=", b"item_2=", "doubles"),
        (b"item_5=-3", b"item_5=-1", "open"),
    ],
)
def test_a_menu_that_reaper_would_read_differently_is_not_extended(
    old: bytes, new: bytes, said: str
) -> None:
    with pytest.raises(EnvironmentProblem, match=said):
        add(MENU.replace(old, new), MENU_LABEL, ITEMS)


def test_numbers_in_another_order_and_names_in_other_letters_are_read_as_reaper_does() -> None:
    data = MENU.replace(b"[Media item context]", b"[MEDIA ITEM CONTEXT]")
    data = data.replace(b"item_0=40009 Item properties...\r\nitem_1=-1", b"Item_1=-1\r\nITEM_0=4 a")
    new = add(data, MENU_LABEL, ITEMS)
    assert b"item_7=-2 Vocals" in new
    assert remove(new, COMMANDS) == data
