// A terminal that is drawn on, and given back as it was however the process ends.
#pragma once
/// Switches to the alternate screen, without cursor, wrapping and echo; once it is shown, nothing. Signals that end or
/// stop the process give it back before they do. Writes to a descriptor that does not block are safest.
///
/// Returns 0 where the terminal is not to be drawn on now: the process is in the background, or is about to end.
int cterminal_show(int descriptor);
/// Gives the terminal back; where it is not shown, nothing. Never blocks, and may be called in a signal's handler and on
/// any thread.
void cterminal_hide(void);
/// Gives the terminal back for good: it is not shown again. May be called where cterminal_hide may.
void cterminal_end(void);
/// Whether it is shown; it is not after the process was stopped.
int cterminal_is_shown(void);
