// The part of libcurl's stable ABI that rollcall uses, declared here so that no development headers are needed.
//
// Numbers are those of curl/curl.h; libcurl promises never to change them. An option that the installed libcurl does
// not know yet is refused by it with CCURL_UNKNOWN_OPTION, and its setter returns that.
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

/// Options that take text, which libcurl copies; null clears.
typedef enum CCURL_CLOSED_ENUM {
  CCurlTextURL = 10002,
  CCurlTextProxy = 10004,
  CCurlTextCAFile = 10065,
  CCurlTextCAPath = 10097,
  CCurlTextNoProxy = 10177,
} CCurlText;

/// Options of the multi handle, which take a C long.
typedef enum CCURL_CLOSED_ENUM {
  CCurlMultiLongMaximumCached = 6,
  CCurlMultiLongMaximumConnections = 13,
} CCurlMultiLong;

/// The results that rollcall tells apart.
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

/// In the place of what libcurl waits for at a socket: it does so no longer. Else that is the bits of csockets.h.
enum { CCURL_SOCKET_REMOVED = 4 };
/// In the place of a socket at which something happened: the time of `CCurlTimerSet` is up.
enum { CCURL_TIMER = -1 };

/// A transfer that has ended.
typedef struct {
  CCurlEasy *_Nullable easy;
  int result;
} CCurlDone;

/// Learns what libcurl waits for at a socket. Comes before the socket is closed, and only from within a call of libcurl.
typedef int (*CCurlSocketWanted)(
    CCurlEasy *_Nullable easy, int socket, int wanted, void *_Nullable context, void *_Nullable assigned);
/// Learns in how many milliseconds libcurl wants to be called; replaces the time before. -1 is never.
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
/// Tells libcurl what happened at a socket, or that its time is up. It moves the transfers that this concerns.
int curl_multi_socket_action(CCurlMulti *_Nonnull multi, int socket, int happened, int *_Nonnull running);

// curl_easy_setopt and its kin are variadic, which Swift cannot call and which would not check a type.
int ccurl_set_long(CCurlEasy *_Nonnull easy, CCurlLong option, long value);
int ccurl_set_text(CCurlEasy *_Nonnull easy, CCurlText option, const char *_Nullable text);
/// Refuses a reply that announces more bytes; 0 is no limit.
int ccurl_set_maximum_size(CCurlEasy *_Nonnull easy, int64_t bytes);
/// The list must outlive the transfer.
int ccurl_set_headers(CCurlEasy *_Nonnull easy, CCurlList *_Nullable headers);
/// Makes the request a POST of these bytes, which are copied.
int ccurl_set_body(CCurlEasy *_Nonnull easy, const void *_Nullable bytes, size_t count);
/// Trusts the certificates (PEM) of these bytes, which are copied, instead of those of the CA file.
int ccurl_set_ca_blob(CCurlEasy *_Nonnull easy, const void *_Nonnull bytes, size_t count);
int ccurl_set_receivers(
    CCurlEasy *_Nonnull easy, CCurlReceive _Nonnull header, CCurlReceive _Nonnull body, void *_Nullable context);
int ccurl_multi_set_long(CCurlMulti *_Nonnull multi, CCurlMultiLong option, long value);
/// Null for whoever is not to be called any more.
int ccurl_multi_set_callbacks(
    CCurlMulti *_Nonnull multi, CCurlSocketWanted _Nullable socket, CCurlTimerSet _Nullable timer, void *_Nullable context);
/// The next transfer that has ended; its `easy` is null where there is none.
CCurlDone ccurl_next_done(CCurlMulti *_Nonnull multi);
/// Bytes of the text that tells why a transfer failed, its end included.
enum { CCURL_ERROR_TEXT_SIZE = 256 };
/// Has libcurl write there why a transfer failed. The text must outlive the handle.
int ccurl_set_error_text(CCurlEasy *_Nonnull easy, char *_Nonnull text);
/// What a proxy answered to the last request for a tunnel; 0 where none was asked.
long ccurl_proxy_status(CCurlEasy *_Nonnull easy);
/// How many bytes of the last request were sent.
long ccurl_request_size(CCurlEasy *_Nonnull easy);
/// Where libcurl looks for its CA bundle, or null where it does not say.
const char *_Nullable ccurl_ca_file(CCurlEasy *_Nonnull easy);
