#ifndef QUOTELINE_CLIBPQ_SHIM_H
#define QUOTELINE_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <sys/eventfd.h>

#endif
