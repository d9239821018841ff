// A terminal that is drawn on, and given back as it was however the process ends.
#pragma once
/// Opens the terminal behind a descriptor once more, so that writes to it alone do not block. Returns -1 where it cannot.
int cterminal_open(int descriptor);
/// Switches to the alternate screen, without cursor, wrapping and echo; once it is shown, nothing. Signals that end or
/// stop the process give it back before they do.
///
/// Returns 0 where the terminal is not to be drawn on now: the process is in the background.
int cterminal_show(int descriptor);
/// Gives the terminal back; where it is not shown, nothing. May be called in a signal's handler.
void cterminal_hide(void);
/// Whether it is shown; it is not after the process was stopped.
int cterminal_is_shown(void);
