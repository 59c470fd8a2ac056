-- What is refused, what went wrong and what is to be known, in English: each says the next step.
-- The same rules as in english.lua.

return {
  -- items that are not taken
  item_nameless = 'The item',
  item_empty = '“{name}” is an empty item. Select items that hold audio.',
  item_midi = '“{name}” holds MIDI, not audio. Render it to audio first.',
  item_offline = '“{name}” is offline or its file is missing.',
  item_no_length = '“{name}” has no length. Select items that last.',
  item_silent = '“{name}” plays nothing of its file. Move its contents back into the item.',
  item_no_channels = '“{name}” holds no audio that REAPER can read. Convert its file.',
  item_all_takes = '“{name}” plays all its takes at once, and its other takes would fall silent. '
    .. 'Glue the item, or have it play one take alone, then try again.',
  item_lane = '“{name}” lies on a lane that does not play. Play its lane, then try again.',
  items_lane = { one = '{count} item lies on a lane that does not play, and is left out.',
    other = '{count} items lie on lanes that do not play, and are left out.' },
  no_items = 'No items are selected. Select items that hold audio, then start this action again.',
  two_items = 'Select two items, the song and the vocal that was taken out of it, then start this '
    .. 'action again.',
  vocal_turned = '“{name}” is reversed or looped. Glue the item, then try again.',
  vocal_edited = '“{name}” was edited in REAPER, which its file does not hold. Glue the item, then '
    .. 'try again.',
  vocal_silent = '“{name}” plays nothing. Move its start, then try again.',

  -- reading through REAPER
  render_unwritable = 'The render could not be written ({reason}). Make room, then try again.',
  render_too_large = 'the render would be larger than a WAV can be',
  take_gone = '“{name}” is gone. Select it again.',
  item_gone = 'The item of “{name}” is gone. Select it again.',
  take_unreadable = 'REAPER cannot read “{name}”. Set it online.',
  take_refused = 'REAPER could not read “{name}”. Set its media online, then try again.',
  take_silence = '“{name}” reads as silence. If it sounds when played, set its media offline and '
    .. 'online again, then try again.',

  -- folders and files
  disk_full = 'The disk is full. Make room, then try again.',
  folder_unwritable = 'REAPER’s data folder cannot be written ({reason}). Give yourself the right '
    .. 'to, then try again.',
  folder_unwritable_path = 'REAPER’s data folder cannot be written. Make room or give yourself the '
    .. 'right to write to {folder}, then try again.',
  folder_unwritable_self_test = 'REAPER’s data folder cannot be written: {folder}. Make room, or '
    .. 'give yourself the right to, then start the self-test again.',
  settings_broken = 'The settings could not be read ({reason}); the defaults hold. The old file is '
    .. '{path}',
  presets_unknown = 'The presets are not known: {reason}',
  language_broken = 'The texts in {path} cannot be used: {reason}. They are said in English. Mend '
    .. 'the file, or choose another language in the settings.',

  -- the way to voxmend
  stopped = 'voxmend was stopped. A new job starts it, or “Start again”.',
  not_set_up = 'voxmend itself is not set up for this REAPER. Install voxmend on this computer; '
    .. 'where it is installed, type: voxmend reaper install.',
  not_set_up_checkout = 'In a checkout of it: sh installers/run.sh reaper install',
  path_holds_quote = 'a path holds a quotation mark',
  no_command = 'voxmend cannot be started: {reason}. Install it in a folder without one.',
  unreachable = 'voxmend did not start. Press “Start again”; if that does not help, run '
    .. '`voxmend doctor`.',
  other_version = 'The REAPER scripts and voxmend are of different versions. Install both anew: '
    .. 'voxmend reaper install',
  older_worker = 'voxmend of an older version is still at work. Wait until its jobs are done, then '
    .. 'press “Start again”; if that does not help, install both anew: voxmend reaper install',
  unreadable = 'What voxmend said cannot be read: {reason}. Install the scripts and voxmend anew: '
    .. 'voxmend reaper install',
  too_large = 'The request is too large: select fewer items at once.',
  no_socket = 'LuaSocket is not installed in this REAPER, so the bridge was used.',
  defect = 'This is a defect in voxmend; nothing was lost. The jobs go on, and “Import finished '
    .. 'stems” takes them up. Details are in Data/voxmend/log.txt.',

  -- jobs that end otherwise
  song_for_vocal = 'The worker is of an earlier version and took the song for the vocal. Type: '
    .. 'voxmend worker restart, then Retry.',
  failed_no_reason = 'The job failed without a reason. Try again.',
  cancelled_elsewhere = 'The job was cancelled elsewhere. Retry runs it again.',
  ended_unknown = 'The job ended as “{state}”, for which these scripts have no word. Retry runs it '
    .. 'again.',
  clip_failed = '“{name}” failed. Retry runs it again.',
  no_stems = 'The job brought no stems. Retry runs it again.',
  stem_gone = 'The file {path} is gone. Retry makes it again.',
  findings_gone = 'The file {path} is gone or holds no findings. Retry makes it again.',
  stem_unopened = 'REAPER cannot open {path}. Retry makes it again.',
  import_failed = 'The stems could not be put in; the project is as it was. See the log.',
  markers_failed = 'The markers could not be set; the project is as it was. See the log.',
  change_failed = 'voxmend could not do it; the project is as it was. Details are in '
    .. 'Data/voxmend/log.txt.',
  commands_refused = 'REAPER did not change the takes, so the project is as it was. Where '
    .. '“Locking” is switched on in REAPER’s options, switch it off, then try again.',
  report_late = 'The report did not come. Press “Report” again; “Open log” says what was started.',
  report_unopened = 'No browser could be opened. The report is {path}',
  report_unwritable = 'REAPER’s data folder cannot be written ({reason}).',

  -- what is to be known of an import
  note_closed = 'The stems of “{name}” lie in a folder that is closed. Open it to see them.',
  note_deleted = '“{name}” was deleted.',
  note_deleted_recorded = '“{name}” was deleted; its stems stand at the recorded place.',
  note_drawn_out = '“{name}” was drawn out beyond what was restored; its stems stand at the '
    .. 'recorded place. Restore it again for the rest.',
  note_fx = '“{name}” has take effects; the stems are without them.',
  note_locked = '“{name}” is locked and was not muted.',
  note_markers = '“{name}” has other stretch markers now. Select it and diagnose it again.',
  note_muted = '“{name}” stands muted beside vocals and instrumental, which are the whole already.',
  note_other_file_diagnose = '“{name}” plays another file now. Select it and diagnose it again.',
  note_other_file_restore = '“{name}” plays another file now. Select it and restore it again.',
  note_other_take = '“{name}” had another take; the present one was used.',
  note_side_chain = '“{name}” drives a side-chain on “{to}”; its stems do not.',
  note_stretched = {
    one = '{count} stretched item: voice and band add up only nearly. “Stretched items” in the '
      .. 'settings makes it exact.',
    other = '{count} stretched items: voice and band add up only nearly. “Stretched items” in the '
      .. 'settings makes it exact.' },
  track_nameless = 'The track',

  -- trying presets
  try_other_file = '“{name}” plays another file now. Select it and try again.',
  try_gone = '“{name}” is not there any more. Select an item and try again.',
  try_changed = '“{name}” was changed since. Try again.',
  try_locked = 'What is locked was not muted and sounds beside the trial.',
  try_failed = 'The trial could not be put in; the project is as it was. See the log.',
  try_many_items = {
    one = '{count} selected item lies under the edit cursor. Select one of them, then start this '
      .. 'action again.',
    other = '{count} selected items lie under the edit cursor. Select one of them, then start '
      .. 'this action again.' },
  try_no_item = 'The edit cursor is in no selected item. Select an item, put the edit cursor where '
    .. 'the presets are to be heard, then start this action again.',
  try_item_gone = 'The item is gone. Select an item, then start this action again.',
  try_no_models = 'No preset’s models are on this machine. Restore an item first: its window '
    .. 'offers to fetch them.',
  no_vocals = 'The job brought no vocals. Retry runs it again.',
  keep_none = 'No trial is in this project. “Try presets here” makes one.',
  keep_many = {
    one = '{count} trial is in this project. Select the one that holds the preset, then start '
      .. 'this action again.',
    other = '{count} trials are in this project. Select the one that holds the preset, then start '
      .. 'this action again.' },
  keep_song = 'The song itself is the active take. Switch to the preset that you want to keep, '
    .. 'then start this action again.',
  keep_item_gone = 'The item that the presets were tried on is gone. “Remove what voxmend brought” '
    .. 'takes the trial away.',
  keep_locked = 'The trial or its item is locked. Unlock it, then try again.',
  job_order_unknown = 'The worker is of an earlier version, which cannot change the order. Type: '
    .. 'voxmend worker restart, then try again.',

  -- removing
  remove_locked = { one = '{count} item with stems: locked, and left alone.',
    other = '{count} items with stems: locked, and left alone.' },
  remove_none = 'No stems of voxmend are in this project.',
  remove_not_of_these = 'Nothing of voxmend belongs to the selected items.',
  track_stays_effects = 'The track “{name}” stays: it has effects.',
  track_stays_envelopes = 'The track “{name}” stays: it has envelopes.',
  track_stays_receives = 'The track “{name}” stays: it has a send to it.',
  track_stays_sends = 'The track “{name}” stays: it has sends.',
  track_stays_tracks = 'The track “{name}” stays: it has tracks in it.',

  -- actions with nothing to do
  nothing_to_import = 'There are no stems to import into this project. Those of other projects are '
    .. 'in the Jobs panel.',
  no_take_markers = 'This REAPER has no take markers, so there is nothing to write the findings '
    .. 'into. Update REAPER, then try again.',
  toggle_locked = {
    one = '{count} item with stems: locked, and left alone. Unlock, then try again.',
    other = '{count} items with stems: locked, and left alone. Unlock, then try again.' },
  toggle_none = 'No stems of voxmend are in this project. Restore vocals first.',
  no_strength = '“{word}” is no strength. Type a number from 0 to 1.',
  set_up_refused = 'REAPER did not take the actions. Type: voxmend reaper install, then start '
    .. 'REAPER anew.',
  set_up_python_refused = 'REAPER did not take the Python action. Switch Python on in Preferences '
    .. '> Plug-ins > ReaScript, then press the button again.',
}
