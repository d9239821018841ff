#pragma once
char *_Nonnull curl_version(void);
