-- What is said of parts of items and of stems in a folder, in English. The same rules as in
-- english.lua.

return {
  no_items_in_razor = 'The razor areas hold no items. Draw them over items that hold audio, then '
    .. 'start this action again.',
  no_items_in_time = 'There are no razor areas, and no selected item lies in the time selection. '
    .. 'Draw razor areas over items, or select items and a time, then start this action again.',
  part_silent = '“{name}” plays nothing of its file there. Choose another part of it.',

  undo_restore_part = { one = 'voxmend: restore {count} part ({preset})',
    other = 'voxmend: restore {count} parts ({preset})' },

  note_fade_cut = '“{name}” was cut inside a fade, which sounds otherwise now.',
  note_locked_takes = '“{name}” is locked, so a part of it cannot be given takes. Unlock it, then '
    .. 'try again.',
  note_locked_whole = '“{name}” is locked and was neither cut nor muted.',
  note_loop_moved = '“{name}” is looped and was trimmed since, so which of its turns was meant '
    .. 'cannot be told; its stems stand at the recorded place.',
  note_part_gone = '“{name}” plays no more of what was restored; its stems stand at the recorded '
    .. 'place.',

  setting_folder = 'Stem tracks stand',
  setting_folder_no = 'beside the item’s track, with its fader and sends',
  setting_folder_yes = 'inside it, as a folder: its effects hear the sum',
}
