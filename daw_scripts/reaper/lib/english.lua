-- The words of the windows, in English: buttons, labels, menus, rows, what goes on. A key stands
-- for one text; {name} is a place for a value. A text that counts has forms: `one` and `other`.
-- Other languages are files of their own (language.lua); what they lack is said as it stands here.

return {
  -- buttons
  button_again = 'Start again', button_again_job = 'Run again…', button_cancel = 'Cancel',
  button_cancel_job = 'Cancel job', button_close = 'Close', button_copy = 'Copy details',
  button_customize = 'Customize menus', button_download = 'Download…',
  button_drop = 'Drop these stems', button_folder = 'Open folder', button_free = 'Free GPU memory',
  button_hide = 'Hide', button_import = 'Import now', button_log = 'Open log',
  button_pause = 'Pause', button_resume = 'Resume',
  button_next_job = 'Run next',
  button_online = 'Set media online', button_preset = 'Other preset…',
  button_python = 'Add the Python action', button_quick = 'Use quick now',
  button_report = 'Report', button_retry = 'Retry failed', button_retry_job = 'Retry job',
  button_shortcut = 'Keyboard shortcut…', button_stop = 'Stop the download',
  button_try = { one = 'Try {count} preset', other = 'Try {count} presets' },
  button_unused = 'Unused stems…',

  -- titles
  title = 'voxmend',
  title_jobs = 'voxmend: jobs',
  title_models = 'voxmend: models',
  title_self_test = 'voxmend: self-test',
  title_session = { one = 'voxmend: {count} item, {preset}',
    other = 'voxmend: {count} items, {preset}' },
  title_set_up = 'voxmend: set up',
  title_settings = 'voxmend: settings',
  title_try = 'voxmend: try presets',
  title_trying = 'voxmend: trying {preset}',
  title_unused = 'voxmend: unused stems',

  -- numbers with their word
  count_item = { one = '{count} item', other = '{count} items' },
  count_job_ahead = { one = '{count} job ahead', other = '{count} jobs ahead' },
  count_marker = { one = '{count} marker', other = '{count} markers' },
  count_mute = { one = '{count} mute', other = '{count} mutes' },
  count_place = { one = '{count} place', other = '{count} places' },
  count_stem = { one = '{count} stem', other = '{count} stems' },
  count_trial = { one = '{count} trial', other = '{count} trials' },
  duration_min = '{minutes}:{seconds} min',
  duration_s = '{seconds} s',
  megabytes = '{number} MB',

  -- what goes on
  stage_align = 'placing the voice', stage_bandwidth = 'mending highs',
  stage_denoise = 'cleaning', stage_diagnose = 'diagnosing', stage_fetch = 'fetching stems',
  stage_phase = 'mending phase', stage_send = 'sending the song',
  stage_part = 'taking the lead out', stage_reverb = 'taking reverb off',
  stage_read = 'reading', stage_separate = 'separating', stage_write = 'writing',
  stage_working = 'working', stage_wait = 'waiting there',
  state_cancelled = 'cancelled', state_failed = 'failed', state_queued = 'queued',
  state_running = 'running', state_succeeded = 'succeeded',
  state_paused = 'paused, {state}',
  state_failed_why = 'failed: {message}',
  paused = 'voxmend is paused. The Jobs panel lets it go on.',
  paused_recording = 'voxmend is paused while REAPER records.',
  why_recording = 'REAPER is recording',
  working = 'Working',
  starting = 'Starting voxmend',
  getting_ready = 'Getting ready',
  handing_over = 'Handing over',
  reading_items = 'Reading the items through REAPER',
  waiting_its_turn = 'waiting for its turn',
  line_clip = '“{name}”: {text}',
  line_device = '{text} on {device}',
  line_to_go = '{text}, {time} to go',
  clips_done = { one = '{done} of {count} clip done', other = '{done} of {count} clips done' },
  clips_failed = { one = '{text}, {count} failed', other = '{text}, {count} failed' },
  percent = '{number} percent',
  fetching = 'Fetching models: {got} of {total}',
  cancelled = 'Cancelled.',
  done = { one = '{count} item restored. One undo takes it back.',
    other = '{count} items restored. One undo takes it back.' },
  restored = { one = '{count} item restored.', other = '{count} items restored.' },
  spoken_diagnosing = { one = 'diagnosing {count} item', other = 'diagnosing {count} items' },
  spoken_fetching = 'fetching models',
  spoken_restored = { one = '{count} item restored', other = '{count} items restored' },
  spoken_restoring = { one = 'restoring {count} item', other = 'restoring {count} items' },
  spoken_chosen = 'chosen: {text}',

  -- what is ready and waits
  ready_markers = 'The markers are ready.',
  ready_takes = 'The takes are ready.',
  ready_stems = 'The stems are ready.',
  waits_stems_closed = 'The project is not open. The stems come in when it is: open it and choose '
    .. '“Import finished stems”.',
  waits_stems_other_tab = 'The project is in another tab. The stems come in when you go back '
    .. 'to it.',
  waits_stems_recording = 'REAPER is recording. The stems come in when it has stopped.',
  waits_stems_busy = 'The stems come in as soon as the project lies still.',
  waits_markers_closed = 'The project is not open. The markers come in when it is: open it and '
    .. 'choose “Import finished stems”.',
  waits_markers_other_tab = 'The project is in another tab. The markers come in when you go '
    .. 'back to it.',
  waits_markers_recording = 'REAPER is recording. The markers come in when it has stopped.',
  waits_markers_busy = 'The markers come in as soon as the project lies still.',
  waits_takes_closed = 'The project is not open. The takes come in when it is: open it and choose '
    .. '“Import finished stems”.',
  waits_takes_other_tab = 'The project is in another tab. The takes come in when you go back '
    .. 'to it.',
  waits_takes_recording = 'REAPER is recording. The takes come in when it has stopped.',
  waits_takes_busy = 'The takes come in as soon as the project lies still.',
  elsewhere_takes = 'The takes were put in by another window.',
  elsewhere_stems = 'The stems were put in by another window.',
  elsewhere_markers = 'The markers were put in by another window.',
  unsaved = 'The project is not saved; the stems lie in {folder}',

  -- models
  models_needed = 'The preset “{preset}” needs models that are not here ({size}).',
  models_needed_unknown = 'The preset “{preset}” needs models that are not here.',
  models_quick = 'Quick works at once: nothing is to be fetched.',
  model_licence = '{model}: {licence}',
  model_terms = '{model}: {licence}. {terms}',
  models_accept = '{models}\n\n{size} will be fetched. Do you accept these licences?',

  -- the Jobs panel
  no_jobs = 'No jobs yet.',
  job_state_percent = '{state} {percent} %',
  job_in_project = '{text}, in the project',
  job_interrupted = '{text}, import was interrupted',
  job_is_next = 'It is the first of those that wait.',
  job_queued_behind = 'queued, {jobs}',
  job_to_import = '{text}, to be imported',
  making_report = 'Making the report',
  report_opened = 'The report is in the browser.',
  again_strengths = 'With other strengths…',
  again_preset = 'With {preset}',
  strengths = 'Strengths, 0 to 1',
  import_interrupted = 'An import of these stems was interrupted. If they are not in the project, '
    .. 'they can be put in now. Do that?',
  unused_none = 'Every set of stems in {folder} is used by an open project.',
  unused_set = '{name} ({size})',
  unused_more = { one = 'and {count} more', other = 'and {count} more' },
  unused_delete = 'No open project uses these {size}:\n\n{names}\n\nA project that is closed may '
    .. 'still use them. Delete them for good?',
  unused_frozen = { one = '{count} track is frozen. It may need some of them when you unfreeze it.',
    other = '{count} tracks are frozen. They may need some of them when you unfreeze them.' },
  unused_deleted = '{size} deleted.',
  pause_begun = 'Paused. The jobs wait until you press Resume.',
  pause_over = 'The jobs go on.',
  models_let_go = 'Idle models were let go.',

  -- trying presets
  try_choose = 'Choose the presets to be tried around the edit cursor, then Try.',
  try_not_listed = 'Not listed, since models are to be fetched first: {presets}.',
  spoken_trying = { one = 'trying {count} preset', other = 'trying {count} presets' },
  tried = { one = '{count} preset stands as a take on a track under the item. Switch takes to '
      .. 'compare it with the song; “Keep this preset” restores the whole item with the one that '
      .. 'sounds.',
    other = '{count} presets stand as takes on a track under the item. Switch takes to compare '
      .. 'them with the song; “Keep this preset” restores the whole item with the one that '
      .. 'sounds.' },

  -- removing
  both = '{one} and {other}',
  empty_tracks = 'empty tracks',
  quoted = '“{name}”',
  remove_all = 'Nothing that is selected is of voxmend. Remove all that it brought into this '
    .. 'project: {what}? The files stay.',
  remove_edited = { one = 'You have worked on {count} stem since they came in:\n\n{names}\n\nYes '
      .. 'removes these too. No removes the others. The files stay either way.',
    other = 'You have worked on {count} stems since they came in:\n\n{names}\n\nYes removes '
      .. 'these too. No removes the others. The files stay either way.' },
  removed = '{what} removed. The files stay.',
  spoken_removed = '{what} removed',

  -- menus
  preset_entry = '{title}: {description}',
  preset_missing = '{entry} (to be downloaded)',
  vocal_is = 'The vocal is: {name}',
  dock = 'Dock the window',

  -- settings
  settings_choose = 'Choose a row to change it.',
  settings_kept = '{label}: {value}. Kept.',
  settings_asked = 'The presets are still asked for.',
  settings_row = '{label}: {value}',
  setting_device = 'Runs on',
  setting_device_default = 'what voxmend is set to',
  setting_device_cpu = 'the processor',
  setting_device_cuda = 'a graphics card of NVIDIA',
  setting_device_mps = 'the graphics of an Apple computer',
  setting_dock = 'The window that REAPER draws stands',
  setting_dock_alone = 'by itself',
  setting_dock_docker = 'in a docker',
  setting_language = 'Language',
  setting_language_en = 'English',
  setting_mute_original = 'The original item is muted',
  setting_pause_while_recording = 'voxmend pauses while REAPER records',
  setting_preset = 'Preset',
  setting_print_stretch = 'Stretched items',
  setting_print_stretch_no = 'stay stretched; voice and band add up nearly',
  setting_print_stretch_yes = 'are printed; voice and band add up exactly',
  setting_raw_take = 'The voice before it was mended is a second take',
  setting_result = 'Stems come as',
  setting_result_take = 'a take of the item',
  setting_result_tracks = 'tracks of their own, under the item’s',
  setting_transport = 'Way to voxmend',
  setting_transport_bridge = 'files and a helper',
  setting_transport_socket = 'LuaSocket, where it is installed',
  setting_window = 'The window',
  setting_window_gfx = 'whole, and drawn by REAPER alone',
  setting_window_none = 'none; errors as a box',
  setting_window_normal = 'whole',
  setting_window_small = 'one line and a bar',
  setting_colors = 'Colours',
  setting_colors_auto = 'as the theme is, light or dark',
  setting_colors_dark = 'dark',
  setting_colors_light = 'light',
  no = 'no',
  yes = 'yes',

  -- the set-up
  set_up_menu = 'voxmend is in the action list now. To have it in the right-click menu of items:',
  set_up_menu_1 = '1. Press “Customize menus”, and choose “Media item context” in the list on top.',
  set_up_menu_2 = '2. Press “Add…”, then “Action…”.',
  set_up_menu_3 = '3. Type voxmend, choose “restore vocals of selected items”, and press '
    .. '“Select/close”.',
  set_up_menu_4 = '4. Press “Save”, then “Close”.',
  set_up_toolbar = 'For a button in a toolbar: in the same dialog choose a toolbar in the list on '
    .. 'top, add the action in the same way, press “Icon…” and choose “voxmend_restore”.',
  set_up_there = 'It is in the right-click menu of items.',
  set_up_not_yet = 'It is not there yet.',
  set_up_python = 'The Python action is in the action list.',

  -- the self-test
  self_test_steps = { one = '{count} step, {others} of them otherwise than expected',
    other = '{count} steps, {others} of them otherwise than expected' },
  self_test_untried = 'Not tried in this REAPER:',
  self_test_trace = 'What was seen is in {path}. Please send it to the makers of voxmend. '
    .. '“voxmend reaper status” says what it proves.',

  -- what is written into the project
  track_vocals = 'Vocals',
  track_instrumental = 'Instrumental',
  track_lead = 'Lead', track_backing_vocals = 'Backing vocals',
  track_dry = 'Dry voice', track_reverb = 'Reverb',
  track_trial = 'Trial',
  take_tried = '{name} - {stem} ({preset})',
  undo_restore = { one = 'voxmend: restore {count} item ({preset})',
    other = 'voxmend: restore {count} items ({preset})' },
  undo_diagnose = { one = 'voxmend: diagnose {count} item',
    other = 'voxmend: diagnose {count} items' },
  undo_remove = 'voxmend: remove {what}',
  undo_remove_trial = 'voxmend: remove the trial',
  undo_try = { one = 'voxmend: try {count} preset', other = 'voxmend: try {count} presets' },
  undo_toggle = 'voxmend: toggle original and stems',

  -- damage
  damage_phase = 'metallic', damage_bandwidth = 'muffled', damage_musical = 'chirping',
  damage_bleed = 'bleed',
  size_some = 'some', size_strong = 'strong',
  damage_marker = '{damage}, {size}',
  damage_line = '{damage}: {text}',
  damage_places = '{size} in {places}',
  damage_none = '{damage}: none',
  damage_markers = '{markers} in {items}. One undo takes them back.',
  damage_nothing = 'No damage found.',
  damage_untold = 'Nothing could be told.',
  why_unknown = 'cannot be told',
  why_no_mixture = 'cannot be told without the mixture',
  why_no_voice = 'cannot be told: nobody sings',
  why_no_pause = 'cannot be told: no pause is long enough',
  why_hidden = 'cannot be told: the voice lies under the band',
  alone_bleed = 'band, room or other voices: only the mixture could tell them apart',
  with_remark = '{text} ({remark})',
}
