#ifndef QUOTELINE_COPENSSL_SHIM_H
#define QUOTELINE_COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// OpenSSL 3 marks the plain SHA-256 functions as deprecated in favour of EVP, whose contexts live on the heap and cost a
// provider round trip per message. A plain SHA256_CTX is a value that can be copied, which is what makes a keyed state
// reusable without an allocation. The wrappers confine the deprecation to these three functions.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

static inline void quoteline_sha256_init(SHA256_CTX *state) {
    (void)SHA256_Init(state);
}

static inline void quoteline_sha256_update(SHA256_CTX *state, const void *bytes, size_t count) {
    (void)SHA256_Update(state, bytes, count);
}

static inline void quoteline_sha256_final(unsigned char *digest, SHA256_CTX *state) {
    (void)SHA256_Final(digest, state);
}

#pragma clang diagnostic pop

#endif
