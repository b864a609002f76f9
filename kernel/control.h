/* SPDX-License-Identifier: GPL-2.0-only */
/* One function for each request to the control device; @from is the caller's structure. */
#ifndef WPL_CONTROL_H
#define WPL_CONTROL_H

#include "driver.h"

/* attach.c */
int wpl_attach(void __user *from);
void wpl_disk_put(struct wpl_disk *d);

/* devices.c: the table of devices, and what is asked about them */
int wpl_devices_reserve(struct wpl_disk *d);
void wpl_devices_release(struct wpl_disk *d);
void wpl_devices_show(struct wpl_disk *d);
int wpl_detach(void __user *from);
int wpl_list(void __user *from);
int wpl_info(void __user *from);
int wpl_events(void __user *from);

#endif
