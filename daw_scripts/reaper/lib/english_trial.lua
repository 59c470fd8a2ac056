-- What is said where presets are tried, one is kept, and what voxmend brought is taken away again,
-- in English. The same rules as in english.lua.

return {
  button_next_job = 'Run next',
  button_try = { one = 'Try {count} preset', other = 'Try {count} presets' },
  title_try = 'voxmend: try presets',
  title_trying = 'voxmend: trying {presets}',

  job_queued_behind = 'queued, {jobs}',
  job_is_next = '“Run next”: it is the first that waits.',
  job_order_unknown = 'The worker is of an earlier version, which cannot change the order. Type: '
    .. 'voxmend worker restart, then try again.',

  try_choose = 'Choose the presets to be tried around the edit cursor, then Try.',
  try_away = 'Not listed, since models are to be fetched first: {presets}.',
  try_taken = '✓ {preset}', try_left = '– {preset}',
  try_no_item = 'The edit cursor is in no selected item. Select an item, put the edit cursor where '
    .. 'the presets are to be heard, then start this action again.',
  try_many_items = { one = '{count} selected item lies under the edit cursor. Select one of them, '
    .. 'then start this action again.', other = '{count} selected items lie under the edit cursor. '
    .. 'Select one of them, then start this action again.' },
  try_no_models = 'No preset’s models are on this machine. Restore an item first: its window '
    .. 'offers to fetch them.',
  try_item_gone = 'The item is gone. Select an item, then start this action again.',
  try_target_gone = '“{name}” is not there any more. Select an item and try again.',
  try_target_changed = '“{name}” was changed since. Try again.',
  try_no_vocals = 'The job brought no vocals. Retry runs it again.',
  try_failed = 'The trial could not be put in; the project is as it was. See the log.',
  try_locked = 'What is locked was not muted and sounds beside the trial.',
  try_done = { one = '{count} preset stands as a take on a track under the item. Switch takes to '
    .. 'compare it with the song; “Keep this preset” restores the whole item with the one that '
    .. 'sounds.', other = '{count} presets stand as takes on a track under the item. Switch takes '
    .. 'to compare them with the song; “Keep this preset” restores the whole item with the one '
    .. 'that sounds.' },
  spoken_trying = { one = 'trying {count} preset', other = 'trying {count} presets' },
  ready_takes = 'The takes are ready.',
  waits_takes_closed = 'The project is not open. The takes come in when it is: open it and choose '
    .. '“Import finished stems”.',
  waits_takes_other_tab = 'The project is in another tab. The takes come in when you go back '
    .. 'to it.',
  waits_takes_recording = 'REAPER is recording. The takes come in when it has stopped.',
  waits_takes_busy = 'The takes come in as soon as the project lies still.',
  elsewhere_takes = 'The takes were put in by another window.',

  keep_no_trial = 'No trial is in this project. “Try presets here” makes one.',
  keep_many_trials = { one = '{count} trial is in this project. Select the one that holds the '
    .. 'preset, then start this action again.', other = '{count} trials are in this project. '
    .. 'Select the one that holds the preset, then start this action again.' },
  keep_song = 'The song itself is the active take. Switch to the preset that you want to keep, '
    .. 'then start this action again.',
  keep_item_gone = 'The item that the presets were tried on is gone. “Remove what voxmend brought” '
    .. 'takes the trial away.',
  keep_locked = 'The trial or its item is locked. Unlock it, then try again.',
  keep_failed = 'The trial could not be taken away; the project is as it was. See the log.',

  count_stem = { one = '{count} stem', other = '{count} stems' },
  count_trial = { one = '{count} trial', other = '{count} trials' },
  count_mute = { one = '{count} mute', other = '{count} mutes' },
  remove_both = '{stems} and {trials}',
  remove_tracks = 'empty tracks',
  remove_none = 'No stems of voxmend are in this project.',
  remove_locked = { one = '{count} item with stems: locked, and left alone.',
    other = '{count} items with stems: locked, and left alone.' },
  remove_ask_all = 'Nothing that is selected is of voxmend. Remove all that it brought into this '
    .. 'project: {what}? The files stay.',
  remove_ask_edited = { one = 'You have worked on {count} stem since it came in:\n\n{names}\n\nYes '
    .. 'removes it too. No removes the others. The files stay either way.',
    other = 'You have worked on {count} stems since they came in:\n\n{names}\n\nYes removes these '
    .. 'too. No removes the others. The files stay either way.' },
  remove_name = '“{name}”',
  remove_failed = 'Nothing was changed: {why}',
  remove_done = '{what} removed. The files stay.',
  spoken_removed = '{what} removed',
  stays_items = 'The track “{name}” stays: it has items.',
  stays_tracks = 'The track “{name}” stays: it has tracks in it.',
  stays_effects = 'The track “{name}” stays: it has effects.',
  stays_envelopes = 'The track “{name}” stays: it has envelopes.',
  stays_receive = 'The track “{name}” stays: it has a send to it.',
  stays_sends = 'The track “{name}” stays: it has sends.',

  track_trial = 'Trial',
  take_tried = '{name} - {stem} ({preset})',
  undo_try = { one = 'voxmend: try {count} preset', other = 'voxmend: try {count} presets' },
  undo_keep = 'voxmend: remove the trial',
  undo_remove = 'voxmend: remove {what}',
}
