// signalfd(2), which the Swift overlay of glibc leaves out.
#pragma once
#if defined(__linux__)
/// Makes a descriptor that is readable while one of the signals is pending; they must be blocked.
///
/// Does not block and is closed on exec. Returns -1 where there is none.
int csignalfd_open(const int *_Nonnull signals, int count);
/// The next pending signal, or 0 where none is pending.
int csignalfd_next(int descriptor);
#endif
