// The part of SQLite's stable ABI that rollcall uses, declared here so that no development headers are needed.
// The names are those of SQLite with a prefix; see https://www.sqlite.org/c3ref/intro.html.
#pragma once
#include <stdint.h>

typedef struct CSQLiteDatabase CSQLiteDatabase;
typedef struct CSQLiteStatement CSQLiteStatement;

/// The result codes that rollcall distinguishes: the lower 8 bits of extended codes.
enum {
  CSQLITE_OK = 0,
  CSQLITE_PERM = 3,
  CSQLITE_BUSY = 5,
  CSQLITE_READONLY = 8,
  CSQLITE_IOERR = 10,
  CSQLITE_CORRUPT = 11,
  CSQLITE_FULL = 13,
  CSQLITE_CANTOPEN = 14,
  CSQLITE_PROTOCOL = 15,
  CSQLITE_NOTADB = 26,
  CSQLITE_ROW = 100,
  CSQLITE_DONE = 101,
};

/// Flags for opening a file.
enum {
  CSQLITE_OPEN_READONLY = 0x1,
  CSQLITE_OPEN_READWRITE = 0x2,
  CSQLITE_OPEN_CREATE = 0x4,
  CSQLITE_OPEN_URI = 0x40,
  CSQLITE_OPEN_NOMUTEX = 0x8000,
  CSQLITE_OPEN_EXRESCODE = 0x02000000,
};

/// Types of columns.
enum {
  CSQLITE_INTEGER = 1,
  CSQLITE_NULL = 5,
};

int csqlite_open(const char *path, CSQLiteDatabase **database, int flags);
int csqlite_close(CSQLiteDatabase *database);
int csqlite_busy_timeout(CSQLiteDatabase *database, int milliseconds);
/// Sets whether closing the last connection moves the log into the file.
int csqlite_checkpoint_at_close(CSQLiteDatabase *database, int is_made);
/// Returns the `errno` of the last failed call.
int csqlite_system_errno(CSQLiteDatabase *database);
int csqlite_exec(CSQLiteDatabase *database, const char *sql);
const char *csqlite_errmsg(CSQLiteDatabase *database);
int csqlite_changes(CSQLiteDatabase *database);

int csqlite_prepare(CSQLiteDatabase *database, const char *sql, int length, CSQLiteStatement **statement);
int csqlite_finalize(CSQLiteStatement *statement);
int csqlite_step(CSQLiteStatement *statement);
int csqlite_reset(CSQLiteStatement *statement);
int csqlite_clear_bindings(CSQLiteStatement *statement);

int csqlite_bind_int64(CSQLiteStatement *statement, int index, int64_t value);
int csqlite_bind_null(CSQLiteStatement *statement, int index);
/// Binds a copy of the bytes.
int csqlite_bind_text(CSQLiteStatement *statement, int index, const char *text, int length);
/// Binds the bytes without a copy; they must stay in place until the statement is reset or bound again.
int csqlite_bind_text_in_place(CSQLiteStatement *statement, int index, const char *text, int length);

int csqlite_column_type(CSQLiteStatement *statement, int column);
int64_t csqlite_column_int64(CSQLiteStatement *statement, int column);
const unsigned char *csqlite_column_text(CSQLiteStatement *statement, int column);
int csqlite_column_bytes(CSQLiteStatement *statement, int column);
