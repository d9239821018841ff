// A set of sockets behind one descriptor, which poll(2) reports as readable while any of them is active, so that the
// cost of waiting does not depend on their number. It uses epoll(7) on Linux and kqueue(2) on Darwin.
#pragma once
#include <stdint.h>

/// What a socket is watched for, and its activity; the same flags as libcurl's.
enum { CSOCKETS_IN = 1, CSOCKETS_OUT = 2 };

/// The activity of a socket.
typedef struct {
  /// The number given to `csockets_watch`.
  uint64_t number;
  /// A broken socket counts as readable and writable, so that reading or writing reports the error.
  int flags;
} CSocketsActivity;

/// Creates an empty set, which is closed on exec. Returns -1 if the system has no descriptor for it.
int csockets_open(void);
/// Changes what a socket is watched for; 0 removes it, which must be done before it is closed.
///
/// `before` is what it was watched for, or 0 if it is not in the set; its number may only change in the latter case.
/// Returns -1 if the system has no room for it.
int csockets_watch(int set, int socket, int before, int wanted, uint64_t number);
/// Fills in current activities without waiting, and returns their number. None is left out twice in a row.
int csockets_take(int set, CSocketsActivity *_Nonnull activities, int maximum);
