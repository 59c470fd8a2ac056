# @noindex
"""voxmend: restore vocals of selected items, for those who run Python inside REAPER.

A client of the worker and no second mapper: it takes plain takes of WAV, AIFF and FLAC files,
refuses the rest by name, submits over a plain socket (C extensions crash when REAPER starts Python
again), writes the same ticket as the Lua action and hands over to “Import finished stems”.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

from reaper_python import *  # noqa: F403


def folder():
    """Where this script lies: REAPER gives no ``__file__``, but says which action runs, and puts
    the folder first on the path."""
    try:
        path = RPR_get_action_context()[1]  # noqa: F405
    except (IndexError, NameError, TypeError):
        path = ""
    return os.path.dirname(os.path.abspath(path)) if path else sys.path[0]


HERE = folder()
sys.path.insert(0, HERE)

from voxmend_protocol import Client, VoxmendError, discovery  # noqa: E402
from voxmend_protocol.client import dial_zmtp  # noqa: E402
from voxmend_protocol.errors import UnsupportedVersion, WorkerUnreachable  # noqa: E402
from voxmend_protocol.messages import Accepted, Submit  # noqa: E402
from voxmend_protocol.values import ClientInfo, Clip, Output  # noqa: E402

VERSION = "0.1.0"
DEVICES = ("cpu", "cuda", "mps")  # of the setting; none: as voxmend is set
DIRECT = ("WAVE", "AIFF", "FLAC", "WAVPACK")
IMPORT = os.path.join(HERE, "voxmend_Import finished stems.lua")
HANDLE_S = 6.0
START_S = 20.0
MORE = " The Lua action “restore vocals of selected items” takes it."


def say(text):
    RPR_ShowMessageBox(text, "voxmend", 0)  # noqa: F405


def text_of(function, thing, key):
    return function(thing, key, "", False)[3]


def take_facts(item, take):
    """All that the ticket records of a take, or a sentence why it is not for this script."""
    name = RPR_GetTakeName(take)  # noqa: F405
    quoted = "“" + (name or "An item") + "” "
    if RPR_TakeIsMIDI(take):  # noqa: F405
        return None, quoted + "holds MIDI, not audio."
    source = RPR_GetMediaItemTake_Source(take)  # noqa: F405
    kind = RPR_GetMediaSourceType(source, "", 64)[1]  # noqa: F405
    if kind not in DIRECT:
        return None, quoted + "is no plain WAV, AIFF or FLAC." + MORE
    path = RPR_GetMediaSourceFileName(source, "", 4096)[1]  # noqa: F405
    length = RPR_GetMediaSourceLength(source, False)[0]  # noqa: F405
    if length <= 0 or not os.path.isfile(path):
        return None, quoted + "is offline or its file is missing. Set its media online."
    take_value = lambda key: RPR_GetMediaItemTakeInfo_Value(take, key)  # noqa: E731, F405
    item_value = lambda key: RPR_GetMediaItemInfo_Value(item, key)  # noqa: E731, F405
    if edited(item, take):
        return None, quoted + "holds spectral or sample edits." + MORE
    if item_value("B_ALLTAKESPLAY") and RPR_CountTakes(item) > 1:  # noqa: F405
        return None, quoted + (
            "plays all its takes at once, and its other takes would fall silent. Glue the item, "
            "or have it play one take alone, then try again."
        )
    facts = {
        "position": item_value("D_POSITION"),
        "length": item_value("D_LENGTH"),
        "offset": take_value("D_STARTOFFS"),
        "rate": take_value("D_PLAYRATE"),
        "pitch": take_value("D_PITCH"),
        "preserve_pitch": take_value("B_PPITCH") != 0,
        "zero": 0.0,
        "source_length": length,
        "markers": RPR_GetTakeNumStretchMarkers(take),  # noqa: F405
        "sample_rate": RPR_GetMediaSourceSampleRate(source),  # noqa: F405
        "channels": RPR_GetMediaSourceNumChannels(source),  # noqa: F405
        "loop": item_value("B_LOOPSRC") != 0,
        "type": kind,
        "path": path,
        "reverse": False,
    }
    start = facts["offset"]
    end = start + facts["length"] * facts["rate"]
    stretched = facts["rate"] != 1 and facts["preserve_pitch"]
    if facts["pitch"] or facts["markers"] or stretched:
        return None, quoted + "is stretched or pitched." + MORE
    if facts["loop"] and (start < -1e-6 or end > length + 1e-6):
        return None, quoted + "is looped." + MORE
    if min(end, length) - max(start, 0.0) <= 1e-6:
        return None, quoted + "plays nothing of its file."
    return facts, name or os.path.basename(path)


def edited(item, take):
    """Whether what is heard is not what the file holds, though REAPER changed only samples."""
    if RPR_GetMediaItemTakeInfo_Value(take, "IP_SPECEDIT:CNT") > 0:  # noqa: F405
        return True
    chunk = RPR_GetItemStateChunk(item, "", 1 << 20, False)[2]  # noqa: F405
    return "SPECTRAL_EDIT" in chunk or "SAMPLEEDITS" in chunk


def silent_lane(item, track):
    """Whether the item lies on a fixed lane that does not play, or on one the track had."""
    plays = RPR_GetMediaItemInfo_Value(item, "C_LANEPLAYS")  # noqa: F405
    fixed = RPR_GetMediaTrackInfo_Value(track, "I_FREEMODE") == 2  # noqa: F405
    return plays == -1 or (fixed and plays == 0)


def selected():
    """What was selected: facts with GUIDs and names, and sentences about the rest."""
    taken, refused = [], []
    for n in range(RPR_CountSelectedMediaItems(0)):  # noqa: F405
        item = RPR_GetSelectedMediaItem(0, n)  # noqa: F405
        take = RPR_GetActiveTake(item)  # noqa: F405
        if not take or take.endswith("0x0000000000000000"):
            refused.append("An empty item is selected; it holds no audio.")
            continue
        track = RPR_GetMediaItem_Track(item)  # noqa: F405
        facts, said = take_facts(item, take)
        if facts is not None and silent_lane(item, track):
            facts, said = None, "“" + said + "” lies on a lane that does not play."
        if facts is None:
            refused.append(said)
            continue
        taken.append(
            {
                "item": text_of(RPR_GetSetMediaItemInfo_String, item, "GUID"),  # noqa: F405
                "take": text_of(RPR_GetSetMediaItemTakeInfo_String, take, "GUID"),  # noqa: F405
                "track": text_of(RPR_GetSetMediaTrackInfo_String, track, "GUID"),  # noqa: F405
                "name": said,
                "exact": True,
                "mapping": facts,
            }
        )
    return taken, refused


def plain(name):
    """A name the worker takes for a folder."""
    stem = os.path.splitext(name)[0]
    kept = "".join(" " if c in '/\\:*?"<>|' or c < " " else c for c in stem)
    return kept.strip(" .")[:60].strip(" .") or "clip"


def make_ticket(entries, project, folder, settings):
    """The ticket of lib/ticket.lua; each item is a clip of its own, with room around it."""
    clips = []
    for index, entry in enumerate(entries, 1):
        facts = entry["mapping"]
        entry["clip"], entry["index"] = index, index
        end = facts["offset"] + facts["length"] * facts["rate"]
        clips.append(
            {
                "job": str(uuid.uuid4()),
                "kind": "direct",
                "path": facts["path"],
                "source": facts["path"],
                "start_s": float(max(0.0, facts["offset"] - HANDLE_S)),
                "end_s": float(min(facts["source_length"], end + HANDLE_S)),
                "size": os.path.getsize(facts["path"]),
                "name": plain(entry["name"]),
                "folder": folder,
                "state": "open",
            }
        )
    device = settings.get("device")
    return {
        **({"device": device} if device in DEVICES else {}),
        "schema": 1,
        "group": str(uuid.uuid4()),
        "created": int(time.time()),
        "preset": settings.get("preset", "quick"),
        "set": {},
        "from": "python",
        "project": {"file": project, "pointer": "", "box": ""},
        "options": {
            "result": settings.get("result", "tracks"),
            "folder": settings.get("folder", False),
            "mute_original": settings.get("mute_original", True),
            "print_stretch": False,
            "raw_take": settings.get("raw_take", True),
        },
        "clips": clips,
        "items": entries,
    }


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def connect(home):
    info = ClientInfo("reaper-python", VERSION, os.getpid())
    return Client(lambda: dial_zmtp(discovery.worker_file(home)), info)


def submit(client, ticket):
    for clip in ticket["clips"]:
        order = Submit(
            clip["job"],
            Clip(clip["path"], clip["start_s"], clip["end_s"]),
            ticket["preset"],
            Output(clip["folder"], clip["name"]),
            group=ticket["group"],
            device=ticket.get("device"),
        )
        client.request(order, Accepted)


def hand_over(data, ticket):
    """The ticket goes to disk in one step; the Lua action follows it and imports."""
    path = os.path.join(data, "tickets", ticket["group"] + ".json")
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(ticket, file, ensure_ascii=False)
    os.replace(path + ".tmp", path)
    command = RPR_AddRemoveReaScript(True, 0, IMPORT, True)  # noqa: F405
    if command:
        RPR_Main_OnCommand(command, 0)  # noqa: F405
    else:
        say("The action “Import finished stems” is missing. Type: voxmend reaper install")


class Run:
    """One click: started once, then asked again at each tick until the worker answers."""

    def __init__(self):
        self.data = os.path.join(RPR_GetResourcePath(), "Data", "voxmend")  # noqa: F405
        self.install = read_json(os.path.join(self.data, "install.json"))
        self.settings = read_json(os.path.join(self.data, "settings.json"))
        self.deadline = time.monotonic() + START_S
        self.asked = False
        self.ticket = None

    def begin(self):
        if not self.install.get("command"):
            return say("voxmend itself is not set up for this REAPER. Type: voxmend reaper install")
        project = RPR_EnumProjects(-1, "", 4096)[2]  # noqa: F405
        if not project:
            return say("Save the project first: this script finds it again by its file.")
        entries, refused = selected()
        if refused or not entries:
            say("\n".join(refused) or "No items are selected. Select items that hold audio.")
        if not entries:
            return None
        folder = os.path.join(RPR_GetProjectPathEx(0, "", 4096)[1], "voxmend")  # noqa: F405
        os.makedirs(folder, exist_ok=True)
        os.makedirs(os.path.join(self.data, "tickets", "done"), exist_ok=True)
        self.ticket = make_ticket(entries, project, folder, self.settings)
        return self.step()

    def step(self):
        home = Path(self.install["home"])
        try:
            with connect(home) as client:
                submit(client, self.ticket)
        except (WorkerUnreachable, UnsupportedVersion) as error:
            # `worker start` also ends an older worker, once its jobs are done.
            if time.monotonic() > self.deadline:
                return say(error.message)
            self.start()
            return RPR_defer("voxmend_step()")  # noqa: F405
        except VoxmendError as error:
            return say(error.message)
        return hand_over(self.data, self.ticket)

    def start(self):
        if self.asked:
            return
        self.asked = True
        command = [*self.install["command"], "worker", "start"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        flags = {"creationflags": 0x08000000} if os.name == "nt" else {"start_new_session": True}
        subprocess.Popen(command, stderr=subprocess.DEVNULL, **quiet, **flags)


def guarded(job):
    try:
        job()
    except Exception as error:  # noqa: BLE001  the last wall before REAPER's console
        say("voxmend met a defect and has changed nothing: " + str(error))


voxmend_run = Run()


def voxmend_step():
    guarded(voxmend_run.step)


guarded(voxmend_run.begin)
