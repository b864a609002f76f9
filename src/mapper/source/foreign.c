// SPDX-License-Identifier: Apache-2.0
/* Containers that are not read: named as what they are, and never taken for raw media. */
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/facts.h"
#include "formats.h"

#define HEAD_BYTES 4096
#define TAIL_BYTES 1024

struct signature {
	const char *format, *name;
	int64_t offset; /* negative: from the end of the file */
	const char *bytes;
	size_t length;
	const char *advice;
};

#define QEMU_IMG "convert it with: qemu-img convert -O raw"
#define SIG(b)	 (b), sizeof(b) - 1

static const struct signature signatures[] = {
	{"ewf2-logical", "EnCase logical evidence, version 2 (Lx01)", 0, SIG("LEF2\r\n\x81\0"),
	 "export it with the tool that made it"},
	{"ewf-logical", "EnCase logical evidence (L01)", 0, SIG("LVF\t\r\n\xff\0"),
	 "export it with ewfexport"},
	{"aff", "Advanced Forensic Format (AFF)", 0, SIG("AFF10\r\n\0"),
	 "convert it with affconvert"},
	{"afd", "AFF directory (AFD)", 0, SIG("AFD"), "convert it with affconvert"},
	{"ad1", "AccessData logical image (AD1)", 0, SIG("ADSEGMENTEDFILE"),
	 "export it with FTK Imager"},
	{"ad-encrypted", "AccessData encrypted image", 0, SIG("ADCRYPT\0"),
	 "decrypt it with FTK Imager"},
	{"vmdk", "VMware disk (VMDK)", 0, SIG("KDMV"), QEMU_IMG},
	{"vmdk", "VMware disk (VMDK)", 0, SIG("COWD"), QEMU_IMG},
	{"vmdk", "VMware disk description (VMDK)", 0, SIG("# Disk DescriptorFile"), QEMU_IMG},
	{"vhdx", "Hyper-V disk (VHDX)", 0, SIG("vhdxfile"), QEMU_IMG},
	{"vhd", "Virtual PC disk (VHD)", 0, SIG("conectix"), QEMU_IMG},
	{"vhd", "Virtual PC disk (VHD)", -512, SIG("conectix"), QEMU_IMG},
	{"vhd", "Virtual PC disk (VHD)", -511, SIG("conectix"), QEMU_IMG},
	{"qcow", "QEMU disk (QCOW)", 0, SIG("QFI\xfb\0\0\0\1"), QEMU_IMG},
	{"qcow2", "QEMU disk (QCOW2)", 0, SIG("QFI\xfb"), QEMU_IMG},
	{"qed", "QEMU disk (QED)", 0, SIG("QED\0"), QEMU_IMG},
	{"vdi", "VirtualBox disk (VDI)", 64, SIG("\x7f\x10\xda\xbe"), QEMU_IMG},
	{"parallels", "Parallels disk", 0, SIG("WithoutFreeSpace"), QEMU_IMG},
	{"parallels", "Parallels disk", 0, SIG("WithouFreSpacExt"), QEMU_IMG},
	{"udif", "Apple disk image (UDIF)", -512, SIG("koly"), QEMU_IMG},
	{"asif", "Apple sparse image (ASIF)", 0, SIG("shdw"), "convert it with hdiutil"},
	{"sparseimage", "Apple sparse image", 0, SIG("sprs"), "convert it with hdiutil"},
	{"partclone", "Partclone image", 0, SIG("partclone-image"),
	 "restore it with partclone.restore"},
	{"gzip", "gzip-compressed file", 0, SIG("\x1f\x8b\x08"), "unpack it first"},
	{"xz", "xz-compressed file", 0,
	 SIG("\xfd"
	     "7zXZ\0"),
	 "unpack it first"},
	{"zstd", "zstd-compressed file", 0, SIG("\x28\xb5\x2f\xfd"), "unpack it first"},
	{"7z", "7-Zip archive", 0, SIG("7z\xbc\xaf\x27\x1c"), "unpack it first"},
	{"bzip2", "bzip2-compressed file", 4, SIG("1AY&SY"), "unpack it first"},
	{"zip", "ZIP archive", 0, SIG("PK\3\4"), "unpack it first"},
};

#define NR_SIGNATURES (sizeof(signatures) / sizeof(signatures[0]))

static bool matches(const struct signature *sig, const struct exh_source_file *f, const char *head,
		    size_t head_length)
{
	char tail[32];
	uint64_t at;

	if (sig->offset >= 0)
		return (size_t)sig->offset + sig->length <= head_length &&
		       !memcmp(head + sig->offset, sig->bytes, sig->length);
	if (f->size < (uint64_t)-sig->offset)
		return false;
	at = f->size - (uint64_t)-sig->offset;
	return exh_pread_all(f->fd, tail, sig->length, at) == (int64_t)sig->length &&
	       !memcmp(tail, sig->bytes, sig->length);
}

/* AFF4 is a ZIP whose first members say so (AFF4 Standard v1.0, 4). */
static bool is_aff4(const char *head, size_t n)
{
	return memmem(head, n, "container.description", 21) || memmem(head, n, "aff4%3A", 7) ||
	       memmem(head, n, "information.turtle", 18) || memmem(head, n, "aff4://", 7);
}

static const struct signature *recognise(const struct exh_source *s)
{
	const struct exh_source_file *f = &s->files[0];
	char head[HEAD_BYTES];
	int64_t n = exh_pread_all(f->fd, head, sizeof(head), 0);

	for (size_t i = 0; n > 0 && i < NR_SIGNATURES; i++)
		if (matches(&signatures[i], f, head, (size_t)n))
			return &signatures[i];
	return NULL;
}

static int foreign_probe(struct exh_ctx *ctx, const struct exh_source *s)
{
	(void)ctx;
	return recognise(s) ? 0 : 1;
}

static int foreign_open(struct exh_ctx *ctx, struct exh_source *s)
{
	const struct signature *sig = recognise(s);
	const char *name = sig->name, *advice = sig->advice;
	char head[HEAD_BYTES];
	int64_t n = exh_pread_all(s->files[0].fd, head, sizeof(head), 0);

	(void)ctx;
	s->format = sig->format;
	if (!strcmp(sig->format, "zip") && n > 0 && is_aff4(head, (size_t)n)) {
		s->format = "aff4";
		name = "Advanced Forensic Format 4 (AFF4)";
		advice = "export it to raw with an AFF4 tool";
	}
	s->complete = false;
	exh_source_problem(s, exh_problem(EXH_P_FORMAT_NOT_SUPPORTED,
					  "%s: this format is not read: %s; %s",
					  exh_source_basename(s, 0), name, advice));
	exh_source_refuse(s, "%s: this format is not read: %s; %s", s->files[0].path, name, advice);
	return 0;
}

const struct exh_source_ops exh_source_foreign = {
	.format = "foreign",
	.probe = foreign_probe,
	.open = foreign_open,
};
