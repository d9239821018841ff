#include "czlib.h"
#include <limits.h>
#include <stdlib.h>

// struct z_stream; its size is part of zlib's ABI, which checks it.
typedef struct {
  const unsigned char *next_in;
  unsigned available_in;
  unsigned long total_in;
  unsigned char *next_out;
  unsigned available_out;
  unsigned long total_out;
  const char *message;
  void *state;
  void *(*allocate)(void *, unsigned, unsigned);
  void (*release)(void *, void *);
  void *context;
  int data_type;
  unsigned long checksum;
  unsigned long reserved;
} Stream;

struct CZlibStream {
  Stream stream;
};

extern int inflateInit2_(Stream *stream, int window_bits, const char *version, int size);
extern int inflate(Stream *stream, int flush);
extern int inflateReset(Stream *stream);
extern int inflateEnd(Stream *stream);

enum { OK = 0, STREAM_END = 1, BUFFER_ERROR = -5, NO_FLUSH = 0 };
// The largest window, and 16 for the header and trailer of gzip.
enum { GZIP_WINDOW = 15 + 16 };

CZlibStream *czlib_open(void) {
  CZlibStream *opened = calloc(1, sizeof *opened);
  // zlib compares only the first digit of the version with its own.
  if (opened && inflateInit2_(&opened->stream, GZIP_WINDOW, "1", (int)sizeof opened->stream) != OK) {
    free(opened);
    return NULL;
  }
  return opened;
}

static unsigned clamped(size_t count) { return count > UINT_MAX ? UINT_MAX : (unsigned)count; }

CZlibStep czlib_inflate(CZlibStream *opened, const void *input, size_t count, void *output, size_t room) {
  Stream *stream = &opened->stream;
  unsigned offered = clamped(count), free_room = clamped(room);
  stream->next_in = input;
  stream->available_in = offered;
  stream->next_out = output;
  stream->available_out = free_room;
  int result = inflate(stream, NO_FLUSH);
  CZlibStep step = {.taken = offered - stream->available_in, .given = free_room - stream->available_out};
  // A buffer error says that nothing could be done yet.
  step.progress = result == STREAM_END                      ? CZlibProgressEnd
                  : result == OK || result == BUFFER_ERROR ? CZlibProgressMore
                                                           : CZlibProgressInvalid;
  return step;
}

int czlib_reset(CZlibStream *opened) { return inflateReset(&opened->stream) == OK ? 0 : -1; }

void czlib_close(CZlibStream *opened) {
  inflateEnd(&opened->stream);
  free(opened);
}
