/* SPDX-License-Identifier: Apache-2.0 */
/* What lies beside each export: verify.sh and VERIFY.txt, as they stand in this folder. */
#ifndef EXH_CASE_OFFLINE_OFFLINE_H
#define EXH_CASE_OFFLINE_OFFLINE_H

#include <stddef.h>

extern const unsigned char exh_offline_verify_sh[], exh_offline_verify_txt[];
extern const size_t exh_offline_verify_sh_size, exh_offline_verify_txt_size;

#endif
