#ifndef QUOTELINE_CHIREDIS_SHIM_H
#define QUOTELINE_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#endif
