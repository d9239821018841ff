// The part of libcurl's stable ABI that rollcall uses, declared here so that no development headers are needed.
//
// The numbers are those of curl/curl.h, which never change. An older libcurl rejects options that it does not know with
// CCURL_UNKNOWN_OPTION, which the setters return.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct CCurlEasy CCurlEasy;
typedef struct CCurlMulti CCurlMulti;
typedef struct CCurlList CCurlList;

#define CCURL_CLOSED_ENUM __attribute__((enum_extensibility(closed)))

/// Options that take a C long.
typedef enum CCURL_CLOSED_ENUM {
  CCurlLongLowSpeedLimit = 19,
  CCurlLongLowSpeedTime = 20,
  CCurlLongSSLVersion = 32,
  CCurlLongPost = 47,
  CCurlLongNetrc = 51,
  CCurlLongFollowLocation = 52,
  CCurlLongVerifyPeer = 64,
  CCurlLongGet = 80,
  CCurlLongVerifyHost = 81,
  CCurlLongHTTPVersion = 84,
  CCurlLongDNSCacheTimeout = 92,
  CCurlLongBufferSize = 98,
  CCurlLongNoSignal = 99,
  CCurlLongTimeout = 155,
  CCurlLongConnectTimeout = 156,
  CCurlLongContentDecoding = 158,
  CCurlLongProtocols = 181,
  CCurlLongPathAsIs = 234,
  CCurlLongPipeWait = 237,
  CCurlLongSuppressConnectHeaders = 265,
  CCurlLongHTTP09Allowed = 285,
  CCurlLongMaximumIdleAge = 288,
  CCurlLongMaximumLifetime = 314,
  CCurlLongQuickExit = 322,
} CCurlLong;

/// Options that take text, which libcurl copies; null clears the option.
typedef enum CCURL_CLOSED_ENUM {
  CCurlTextURL = 10002,
  CCurlTextProxy = 10004,
  CCurlTextCAFile = 10065,
  CCurlTextCAPath = 10097,
  CCurlTextNoProxy = 10177,
  CCurlTextRequestTarget = 10266,
} CCurlText;

/// Options of the multi handle that take a C long.
typedef enum CCURL_CLOSED_ENUM {
  CCurlMultiLongMaximumCached = 6,
  CCurlMultiLongMaximumConnections = 13,
} CCurlMultiLong;

/// The results that rollcall distinguishes.
enum {
  CCURL_OK = 0,
  CCURL_UNSUPPORTED_PROTOCOL = 1,
  CCURL_URL_MALFORMAT = 3,
  CCURL_COULDNT_RESOLVE_PROXY = 5,
  CCURL_COULDNT_RESOLVE_HOST = 6,
  CCURL_COULDNT_CONNECT = 7,
  CCURL_WEIRD_SERVER_REPLY = 8,
  CCURL_HTTP2 = 16,
  CCURL_PARTIAL_FILE = 18,
  CCURL_WRITE_ERROR = 23,
  CCURL_OUT_OF_MEMORY = 27,
  CCURL_OPERATION_TIMEDOUT = 28,
  CCURL_SSL_CONNECT_ERROR = 35,
  CCURL_UNKNOWN_OPTION = 48,
  CCURL_GOT_NOTHING = 52,
  CCURL_SSL_ENGINE_NOTFOUND = 53,
  CCURL_SSL_ENGINE_SETFAILED = 54,
  CCURL_SEND_ERROR = 55,
  CCURL_RECV_ERROR = 56,
  CCURL_SSL_CERTPROBLEM = 58,
  CCURL_SSL_CIPHER = 59,
  CCURL_PEER_FAILED_VERIFICATION = 60,
  CCURL_BAD_CONTENT_ENCODING = 61,
  CCURL_FILESIZE_EXCEEDED = 63,
  CCURL_USE_SSL_FAILED = 64,
  CCURL_SSL_CACERT_BADFILE = 77,
  CCURL_SSL_SHUTDOWN_FAILED = 80,
  CCURL_SSL_CRL_BADFILE = 82,
  CCURL_SSL_ISSUER_ERROR = 83,
  CCURL_SSL_PINNEDPUBKEYNOTMATCH = 90,
  CCURL_SSL_INVALIDCERTSTATUS = 91,
  CCURL_HTTP2_STREAM = 92,
  CCURL_PROXY = 97,
  CCURL_SSL_CLIENTCERT = 98,
  CCURL_TOO_LARGE = 100,
};

/// What libcurl wants at a socket if it no longer watches it; otherwise the flags of csockets.h.
enum { CCURL_SOCKET_REMOVED = 4 };
/// The socket to report when the time set by `CCurlTimerSet` is up.
enum { CCURL_TIMER = -1 };

/// A transfer that has ended.
typedef struct {
  CCurlEasy *_Nullable easy;
  int result;
} CCurlDone;

/// Called with what libcurl wants at a socket, before it closes the socket; only from within a call of libcurl.
typedef int (*CCurlSocketWanted)(
    CCurlEasy *_Nullable easy, int socket, int wanted, void *_Nullable context, void *_Nullable assigned);
/// Called with the number of milliseconds after which to call libcurl, replacing the last one; -1 for never.
typedef int (*CCurlTimerSet)(CCurlMulti *_Nullable multi, long milliseconds, void *_Nullable context);

/// Receives `size * count` bytes; returning another number ends the transfer with CCURL_WRITE_ERROR.
typedef size_t (*CCurlReceive)(char *_Nullable bytes, size_t size, size_t count, void *_Nullable context);

char *_Nonnull curl_version(void);
int curl_global_init(long flags);

CCurlEasy *_Nullable curl_easy_init(void);
int curl_easy_perform(CCurlEasy *_Nonnull easy);
void curl_easy_cleanup(CCurlEasy *_Nonnull easy);
CCurlList *_Nullable curl_slist_append(CCurlList *_Nullable list, const char *_Nonnull line);
void curl_slist_free_all(CCurlList *_Nullable list);

CCurlMulti *_Nullable curl_multi_init(void);
int curl_multi_cleanup(CCurlMulti *_Nonnull multi);
int curl_multi_add_handle(CCurlMulti *_Nonnull multi, CCurlEasy *_Nonnull easy);
int curl_multi_remove_handle(CCurlMulti *_Nonnull multi, CCurlEasy *_Nonnull easy);
/// Reports that a socket is ready or that the time is up, and advances the transfers concerned.
int curl_multi_socket_action(CCurlMulti *_Nonnull multi, int socket, int flags, int *_Nonnull running);

// curl_easy_setopt and similar functions are variadic, so Swift cannot call them and types would not be checked.
int ccurl_set_long(CCurlEasy *_Nonnull easy, CCurlLong option, long value);
int ccurl_set_text(CCurlEasy *_Nonnull easy, CCurlText option, const char *_Nullable text);
/// Rejects a reply that announces more bytes; 0 is no limit.
int ccurl_set_maximum_size(CCurlEasy *_Nonnull easy, int64_t bytes);
/// Sets the header list, which must outlive the transfer.
int ccurl_set_headers(CCurlEasy *_Nonnull easy, CCurlList *_Nullable headers);
/// Makes the request a POST of these bytes, which are copied.
int ccurl_set_body(CCurlEasy *_Nonnull easy, const void *_Nullable bytes, size_t count);
/// Trusts the PEM certificates in these bytes, which are copied, instead of those of the CA file.
int ccurl_set_ca_blob(CCurlEasy *_Nonnull easy, const void *_Nonnull bytes, size_t count);
int ccurl_set_receivers(
    CCurlEasy *_Nonnull easy, CCurlReceive _Nonnull header, CCurlReceive _Nonnull body, void *_Nullable context);
int ccurl_multi_set_long(CCurlMulti *_Nonnull multi, CCurlMultiLong option, long value);
/// Sets the callbacks; null removes one.
int ccurl_multi_set_callbacks(
    CCurlMulti *_Nonnull multi, CCurlSocketWanted _Nullable socket, CCurlTimerSet _Nullable timer, void *_Nullable context);
/// Returns the next transfer that has ended; its `easy` is null if there is none.
CCurlDone ccurl_next_done(CCurlMulti *_Nonnull multi);
/// The size of the text that describes a failed transfer, including its final zero.
enum { CCURL_ERROR_TEXT_SIZE = 256 };
/// Makes libcurl describe a failed transfer in `text`, which must outlive the handle.
int ccurl_set_error_text(CCurlEasy *_Nonnull easy, char *_Nonnull text);
/// Returns a proxy's reply to the last request for a tunnel; 0 if no proxy was asked.
long ccurl_proxy_status(CCurlEasy *_Nonnull easy);
/// Returns the number of bytes of the last request that were sent.
long ccurl_request_size(CCurlEasy *_Nonnull easy);
/// Returns the path of libcurl's CA bundle; null if it does not say.
const char *_Nullable ccurl_ca_file(CCurlEasy *_Nonnull easy);
