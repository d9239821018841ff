#include "ccurl.h"

extern int curl_easy_setopt(CCurlEasy *easy, int option, ...);
extern int curl_easy_getinfo(CCurlEasy *easy, int info, ...);
extern int curl_multi_setopt(CCurlMulti *multi, int option, ...);

// struct CURLMsg; its first member is an enum whose only value is 1, CURLMSG_DONE.
typedef struct {
  int kind;
  CCurlEasy *easy;
  union {
    void *whatever;
    int result;
  } data;
} Message;
extern Message *curl_multi_info_read(CCurlMulti *multi, int *queued);

// struct curl_blob; flag 1 makes libcurl copy the bytes.
typedef struct {
  void *bytes;
  size_t count;
  unsigned flags;
} Blob;

enum {
  OPTION_WRITEDATA = 10001,
  OPTION_ERRORBUFFER = 10010,
  OPTION_HTTPHEADER = 10023,
  OPTION_HEADERDATA = 10029,
  OPTION_COPYPOSTFIELDS = 10165,
  OPTION_WRITEFUNCTION = 20011,
  OPTION_HEADERFUNCTION = 20079,
  OPTION_MAXFILESIZE_LARGE = 30117,
  OPTION_POSTFIELDSIZE_LARGE = 30120,
  OPTION_CAINFO_BLOB = 40309,
  MULTI_OPTION_SOCKETFUNCTION = 20001,
  MULTI_OPTION_SOCKETDATA = 10002,
  MULTI_OPTION_TIMERFUNCTION = 20004,
  MULTI_OPTION_TIMERDATA = 10005,
  INFO_CAINFO = 0x100000 + 61,
  INFO_REQUEST_SIZE = 0x200000 + 12,
  INFO_HTTP_CONNECTCODE = 0x200000 + 22,
};

int ccurl_set_long(CCurlEasy *easy, CCurlLong option, long value) { return curl_easy_setopt(easy, option, value); }

int ccurl_set_text(CCurlEasy *easy, CCurlText option, const char *text) {
  return curl_easy_setopt(easy, option, text);
}

int ccurl_set_maximum_size(CCurlEasy *easy, int64_t bytes) {
  return curl_easy_setopt(easy, OPTION_MAXFILESIZE_LARGE, bytes);
}

int ccurl_set_headers(CCurlEasy *easy, CCurlList *headers) {
  return curl_easy_setopt(easy, OPTION_HTTPHEADER, headers);
}

int ccurl_set_body(CCurlEasy *easy, const void *bytes, size_t count) {
  int result = curl_easy_setopt(easy, CCurlLongPost, 1L);
  if (result == CCURL_OK) result = curl_easy_setopt(easy, OPTION_POSTFIELDSIZE_LARGE, (int64_t)count);
  // Not null, because libcurl would then read the body from standard input.
  if (result == CCURL_OK) result = curl_easy_setopt(easy, OPTION_COPYPOSTFIELDS, bytes ? bytes : "");
  return result;
}

int ccurl_set_ca_blob(CCurlEasy *easy, const void *bytes, size_t count) {
  Blob blob = {(void *)bytes, count, 1};
  return curl_easy_setopt(easy, OPTION_CAINFO_BLOB, &blob);
}

int ccurl_set_receivers(CCurlEasy *easy, CCurlReceive header, CCurlReceive body, void *context) {
  int result = curl_easy_setopt(easy, OPTION_HEADERFUNCTION, header);
  if (result == CCURL_OK) result = curl_easy_setopt(easy, OPTION_HEADERDATA, context);
  if (result == CCURL_OK) result = curl_easy_setopt(easy, OPTION_WRITEFUNCTION, body);
  if (result == CCURL_OK) result = curl_easy_setopt(easy, OPTION_WRITEDATA, context);
  return result;
}

int ccurl_multi_set_long(CCurlMulti *multi, CCurlMultiLong option, long value) {
  return curl_multi_setopt(multi, option, value);
}

int ccurl_multi_set_callbacks(CCurlMulti *multi, CCurlSocketWanted socket, CCurlTimerSet timer, void *context) {
  int result = curl_multi_setopt(multi, MULTI_OPTION_SOCKETDATA, context);
  if (result == CCURL_OK) result = curl_multi_setopt(multi, MULTI_OPTION_TIMERDATA, context);
  if (result == CCURL_OK) result = curl_multi_setopt(multi, MULTI_OPTION_SOCKETFUNCTION, socket);
  if (result == CCURL_OK) result = curl_multi_setopt(multi, MULTI_OPTION_TIMERFUNCTION, timer);
  return result;
}

CCurlDone ccurl_next_done(CCurlMulti *multi) {
  int queued = 0;
  for (Message *next; (next = curl_multi_info_read(multi, &queued));) {
    if (next->kind == 1) return (CCurlDone){next->easy, next->data.result};
  }
  return (CCurlDone){0, CCURL_OK};
}

int ccurl_set_error_text(CCurlEasy *easy, char *text) { return curl_easy_setopt(easy, OPTION_ERRORBUFFER, text); }

static long number(CCurlEasy *easy, int info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CCURL_OK ? value : 0;
}

long ccurl_proxy_status(CCurlEasy *easy) { return number(easy, INFO_HTTP_CONNECTCODE); }

long ccurl_request_size(CCurlEasy *easy) { return number(easy, INFO_REQUEST_SIZE); }

const char *ccurl_ca_file(CCurlEasy *easy) {
  const char *path = 0;
  return curl_easy_getinfo(easy, INFO_CAINFO, &path) == CCURL_OK ? path : 0;
}
