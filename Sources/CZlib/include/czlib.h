// The part of zlib's stable ABI that rollcall uses, declared here so that no development headers are needed.
#pragma once
#include <stddef.h>

typedef struct CZlibStream CZlibStream;

/// What one call of `czlib_inflate` led to.
typedef enum __attribute__((enum_extensibility(closed))) {
  /// More input is needed, or there is more output to fetch.
  CZlibProgressMore = 0,
  /// The gzip member is complete, and its length and checksum are right.
  CZlibProgressEnd = 1,
  /// The input is not valid gzip, or there is no memory.
  CZlibProgressInvalid = 2,
} CZlibProgress;

/// The bytes that one call took and gave.
typedef struct {
  size_t taken;
  size_t given;
  CZlibProgress progress;
} CZlibStep;

/// Opens a stream that inflates gzip (RFC 1952), or returns null where there is no memory.
CZlibStream *_Nullable czlib_open(void);
/// Inflates at most `count` bytes of input into at most `room` bytes of output.
CZlibStep czlib_inflate(
    CZlibStream *_Nonnull stream, const void *_Nullable input, size_t count, void *_Nonnull output, size_t room);
/// Makes the stream ready for another member. Returns 0, or -1 where zlib refuses.
int czlib_reset(CZlibStream *_Nonnull stream);
void czlib_close(CZlibStream *_Nonnull stream);
