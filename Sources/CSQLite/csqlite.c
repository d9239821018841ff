#include "csqlite.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef void (*destructor)(void *);

extern int sqlite3_open_v2(const char *, sqlite3 **, int, const char *);
extern int sqlite3_close_v2(sqlite3 *);
extern int sqlite3_busy_timeout(sqlite3 *, int);
extern int sqlite3_exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
extern const char *sqlite3_errmsg(sqlite3 *);
extern int sqlite3_changes(sqlite3 *);
extern int sqlite3_db_config(sqlite3 *, int, ...);
extern int sqlite3_system_errno(sqlite3 *);
extern int sqlite3_prepare_v3(sqlite3 *, const char *, int, unsigned int, sqlite3_stmt **, const char **);
extern int sqlite3_finalize(sqlite3_stmt *);
extern int sqlite3_step(sqlite3_stmt *);
extern int sqlite3_reset(sqlite3_stmt *);
extern int sqlite3_clear_bindings(sqlite3_stmt *);
extern int sqlite3_bind_int64(sqlite3_stmt *, int, long long);
extern int sqlite3_bind_null(sqlite3_stmt *, int);
extern int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, destructor);
extern int sqlite3_column_type(sqlite3_stmt *, int);
extern long long sqlite3_column_int64(sqlite3_stmt *, int);
extern const unsigned char *sqlite3_column_text(sqlite3_stmt *, int);
extern int sqlite3_column_bytes(sqlite3_stmt *, int);

// SQLITE_STATIC and SQLITE_TRANSIENT.
#define IN_PLACE ((destructor)0)
#define COPIED ((destructor)-1)
// SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
#define NO_CHECKPOINT_AT_CLOSE 1006
// SQLITE_PREPARE_PERSISTENT
#define PERSISTENT 1

#define DATABASE(database) ((sqlite3 *)(database))
#define STATEMENT(statement) ((sqlite3_stmt *)(statement))

int csqlite_open(const char *path, CSQLiteDatabase **database, int flags) {
  return sqlite3_open_v2(path, (sqlite3 **)database, flags, 0);
}

int csqlite_close(CSQLiteDatabase *database) { return sqlite3_close_v2(DATABASE(database)); }

int csqlite_busy_timeout(CSQLiteDatabase *database, int milliseconds) {
  return sqlite3_busy_timeout(DATABASE(database), milliseconds);
}

int csqlite_checkpoint_at_close(CSQLiteDatabase *database, int is_made) {
  return sqlite3_db_config(DATABASE(database), NO_CHECKPOINT_AT_CLOSE, !is_made, (int *)0);
}

int csqlite_system_errno(CSQLiteDatabase *database) { return sqlite3_system_errno(DATABASE(database)); }

int csqlite_exec(CSQLiteDatabase *database, const char *sql) {
  return sqlite3_exec(DATABASE(database), sql, 0, 0, 0);
}

const char *csqlite_errmsg(CSQLiteDatabase *database) { return sqlite3_errmsg(DATABASE(database)); }

int csqlite_changes(CSQLiteDatabase *database) { return sqlite3_changes(DATABASE(database)); }

int csqlite_prepare(CSQLiteDatabase *database, const char *sql, int length, CSQLiteStatement **statement) {
  return sqlite3_prepare_v3(DATABASE(database), sql, length, PERSISTENT, (sqlite3_stmt **)statement, 0);
}

int csqlite_finalize(CSQLiteStatement *statement) { return sqlite3_finalize(STATEMENT(statement)); }

int csqlite_step(CSQLiteStatement *statement) { return sqlite3_step(STATEMENT(statement)); }

int csqlite_reset(CSQLiteStatement *statement) { return sqlite3_reset(STATEMENT(statement)); }

int csqlite_clear_bindings(CSQLiteStatement *statement) { return sqlite3_clear_bindings(STATEMENT(statement)); }

int csqlite_bind_int64(CSQLiteStatement *statement, int index, int64_t value) {
  return sqlite3_bind_int64(STATEMENT(statement), index, value);
}

int csqlite_bind_null(CSQLiteStatement *statement, int index) {
  return sqlite3_bind_null(STATEMENT(statement), index);
}

int csqlite_bind_text(CSQLiteStatement *statement, int index, const char *text, int length) {
  return sqlite3_bind_text(STATEMENT(statement), index, text, length, COPIED);
}

int csqlite_bind_text_in_place(CSQLiteStatement *statement, int index, const char *text, int length) {
  return sqlite3_bind_text(STATEMENT(statement), index, text, length, IN_PLACE);
}

int csqlite_column_type(CSQLiteStatement *statement, int column) {
  return sqlite3_column_type(STATEMENT(statement), column);
}

int64_t csqlite_column_int64(CSQLiteStatement *statement, int column) {
  return sqlite3_column_int64(STATEMENT(statement), column);
}

const unsigned char *csqlite_column_text(CSQLiteStatement *statement, int column) {
  return sqlite3_column_text(STATEMENT(statement), column);
}

int csqlite_column_bytes(CSQLiteStatement *statement, int column) {
  return sqlite3_column_bytes(STATEMENT(statement), column);
}
