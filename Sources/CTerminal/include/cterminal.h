// A terminal for drawing, which is restored however the process ends.
#pragma once
/// Switches to the alternate screen, without cursor, line wrapping and echo; does nothing if it is already shown.
///
/// Signals that end or stop the process restore the terminal first. Use a nonblocking descriptor if possible.
///
/// Returns 0 if drawing is not possible now: the process is in the background or about to end.
int cterminal_show(int descriptor);
/// Restores the terminal; does nothing if it is not shown. Never blocks, and may be called from signal handlers and on
/// any thread.
void cterminal_hide(void);
/// Restores the terminal for good: it cannot be shown again. May be called wherever cterminal_hide may.
void cterminal_end(void);
/// Returns whether it is shown, which it is no longer after the process was stopped.
int cterminal_is_shown(void);
