// SPDX-License-Identifier: Apache-2.0
/* Names of partition types. A type that is not here is shown by its number alone. */
#include <string.h>

#include "gpt.h"
#include "mbr.h"

static const struct {
	uint8_t type;
	const char *name;
} mbr_types[] = {
	{0x01, "FAT12"},
	{0x04, "FAT16 below 32 MiB"},
	{0x05, "Extended"},
	{0x06, "FAT16"},
	{0x07, "NTFS, exFAT or HPFS"},
	{0x0b, "FAT32"},
	{0x0c, "FAT32 (LBA)"},
	{0x0e, "FAT16 (LBA)"},
	{0x0f, "Extended (LBA)"},
	{0x11, "Hidden FAT12"},
	{0x12, "Vendor diagnostics"},
	{0x14, "Hidden FAT16 below 32 MiB"},
	{0x16, "Hidden FAT16"},
	{0x17, "Hidden NTFS, exFAT or HPFS"},
	{0x1b, "Hidden FAT32"},
	{0x1c, "Hidden FAT32 (LBA)"},
	{0x1e, "Hidden FAT16 (LBA)"},
	{0x27, "Windows recovery environment"},
	{0x39, "Plan 9"},
	{0x41, "PowerPC PReP boot"},
	{0x42, "Windows dynamic disk (LDM)"},
	{0x4d, "QNX 4"},
	{0x6c, "DragonFly"},
	{0x63, "Unix System V or Hurd"},
	{0x64, "NetWare 286"},
	{0x65, "NetWare 386"},
	{0x80, "Minix, old"},
	{0x81, "Minix"},
	{0x82, "Linux swap, or Solaris x86"},
	{0x83, "Linux"},
	{0x84, "Hibernation"},
	{0x85, "Linux extended"},
	{0x86, "NTFS volume set (0x86)"},
	{0x87, "NTFS volume set (0x87)"},
	{0x88, "Linux plain text table"},
	{0x8e, "Linux LVM"},
	{0x93, "Amoeba"},
	{0x9f, "BSD/OS"},
	{0xa0, "Laptop hibernation"},
	{0xa5, "FreeBSD"},
	{0xa6, "OpenBSD"},
	{0xa8, "Mac OS X UFS"},
	{0xa9, "NetBSD"},
	{0xab, "Mac OS X boot"},
	{0xac, "Apple RAID"},
	{0xaf, "HFS or HFS+"},
	{0xbe, "Solaris boot"},
	{0xbf, "Solaris"},
	{0xda, "Data without file system"},
	{0xde, "Dell diagnostics"},
	{0xeb, "BeOS"},
	{0xee, "GPT protective"},
	{0xef, "EFI system (FAT)"},
	{0xf0, "PA-RISC Linux boot"},
	{0xfb, "VMware VMFS"},
	{0xfc, "VMware swap"},
	{0xfd, "Linux RAID autodetect"},
	{0xfe, "LANstep"},
};

static const struct {
	const char *guid, *name;
} gpt_types[] = {
	{"024DEE41-33E7-11D3-9D69-0008C781F39F", "MBR partition scheme"},
	{"C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EFI system"},
	{"21686148-6449-6E6F-744E-656564454649", "BIOS boot"},
	{"D3BFE2DE-3DAF-11DF-BA40-E3A556D89593", "Intel fast flash"},
	{"E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "Microsoft reserved"},
	{"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "Microsoft basic data"},
	{"5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "Windows dynamic disk metadata (LDM)"},
	{"AF9B60A0-1431-4F62-BC68-3311714A69AD", "Windows dynamic disk data (LDM)"},
	{"DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", "Windows recovery environment"},
	{"E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D", "Windows storage spaces"},
	{"37AFFC90-EF7D-4E96-91C3-2D7AE055B174", "IBM GPFS"},
	{"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "Linux file system"},
	{"A19D880F-05FC-4D3B-A006-743F0F84911E", "Linux RAID"},
	{"44479540-F297-41B2-9AF7-D131D5F0458A", "Linux root (x86)"},
	{"4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "Linux root (x86-64)"},
	{"69DAD710-2CE4-4E3C-B16C-21A1D49ABED3", "Linux root (ARM)"},
	{"B921B045-1DF0-41C3-AF44-4C6F280D3FAE", "Linux root (ARM64)"},
	{"BC13C2FF-59E6-4262-A352-B275FD6F7172", "Linux extended boot"},
	{"0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", "Linux swap"},
	{"E6D6D379-F507-44C2-A23C-238F2A3DF928", "Linux LVM"},
	{"933AC7E1-2EB4-4F13-B844-0E14E2AEF915", "Linux /home"},
	{"3B8F8425-20E0-4F3B-907F-1A25A76F98E8", "Linux /srv"},
	{"4D21B016-B534-45C2-A9FB-5C16E091FD2D", "Linux /var"},
	{"7FFEC5C9-2D00-49B7-8941-3EA10A5586B7", "Linux dm-crypt"},
	{"CA7D7CCB-63ED-4C53-861C-1742536059CC", "Linux LUKS"},
	{"8DA63339-0007-60C0-C436-083AC8230908", "Linux reserved"},
	{"83BD6B9D-7F41-11DC-BE0B-001560B84F0F", "FreeBSD boot"},
	{"516E7CB4-6ECF-11D6-8FF8-00022D09712B", "FreeBSD data (disklabel)"},
	{"516E7CB5-6ECF-11D6-8FF8-00022D09712B", "FreeBSD swap"},
	{"516E7CB6-6ECF-11D6-8FF8-00022D09712B", "FreeBSD UFS"},
	{"516E7CB8-6ECF-11D6-8FF8-00022D09712B", "FreeBSD Vinum"},
	{"516E7CBA-6ECF-11D6-8FF8-00022D09712B", "FreeBSD ZFS"},
	{"48465300-0000-11AA-AA11-00306543ECAC", "Apple HFS or HFS+"},
	{"7C3457EF-0000-11AA-AA11-00306543ECAC", "Apple APFS"},
	{"55465300-0000-11AA-AA11-00306543ECAC", "Apple UFS"},
	{"6A898CC3-1DD2-11B2-99A6-080020736631", "Apple ZFS or Solaris /usr"},
	{"52414944-0000-11AA-AA11-00306543ECAC", "Apple RAID"},
	{"52414944-5F4F-11AA-AA11-00306543ECAC", "Apple RAID, offline"},
	{"426F6F74-0000-11AA-AA11-00306543ECAC", "Apple boot (recovery HD)"},
	{"4C616265-6C00-11AA-AA11-00306543ECAC", "Apple label"},
	{"53746F72-6167-11AA-AA11-00306543ECAC", "Apple Core Storage (FileVault)"},
	{"69646961-6700-11AA-AA11-00306543ECAC", "Apple APFS iSC"},
	{"52637672-7900-11AA-AA11-00306543ECAC", "Apple APFS recovery"},
	{"6A82CB45-1DD2-11B2-99A6-080020736631", "Solaris boot"},
	{"6A85CF4D-1DD2-11B2-99A6-080020736631", "Solaris root"},
	{"6A87C46F-1DD2-11B2-99A6-080020736631", "Solaris swap"},
	{"49F48D5A-B10E-11DC-B99B-0019D1879648", "NetBSD LFS"},
	{"49F48D82-B10E-11DC-B99B-0019D1879648", "NetBSD FFS"},
	{"49F48D32-B10E-11DC-B99B-0019D1879648", "NetBSD swap"},
	{"9D087404-1CA5-11DC-8817-01301BB8A9F5", "DragonFly disklabel"},
	{"9D58FDBD-1CA5-11DC-8817-01301BB8A9F5", "DragonFly swap"},
	{"9D94CE7C-1CA5-11DC-8817-01301BB8A9F5", "DragonFly UFS"},
	{"9DD4478F-1CA5-11DC-8817-01301BB8A9F5", "DragonFly Vinum"},
	{"DBD5211B-1CA5-11DC-8817-01301BB8A9F5", "DragonFly CCD"},
	{"3D48CE54-1D16-11DC-8696-01301BB8A9F5", "DragonFly disklabel, 64-bit"},
	{"BD215AB2-1D16-11DC-8696-01301BB8A9F5", "DragonFly legacy"},
	{"61DC63AC-6E38-11DC-8513-01301BB8A9F5", "DragonFly HAMMER"},
	{"5CBB9AD1-862D-11DC-A94D-01301BB8A9F5", "DragonFly HAMMER2"},
	{"824CC7A0-36A8-11E3-890A-952519AD3F61", "OpenBSD data"},
	{"FE3A2A5D-4F32-41A7-B725-ACCC3285A309", "ChromeOS kernel"},
	{"3CB8E202-3B7E-47DD-8A3C-7FF2A13CFCEC", "ChromeOS root"},
	{"2E0A753D-9E48-43B0-8337-B15192CB1B5E", "ChromeOS reserved"},
	{"9D275380-40AD-11DB-BF97-000C2911D1B8", "VMware vmkcore"},
	{"AA31E02A-400F-11DB-9590-000C2911D1B8", "VMware VMFS"},
	{"9198EFFC-31C0-11DB-8F78-000C2911D1B8", "VMware reserved"},
	{"42465331-3BA3-10F1-802A-4861696B7521", "Haiku BFS"},
	{"BFBFAFE7-A34F-448A-9A5B-6213EB736C22", "Lenovo boot"},
	{"F4019732-066E-4E12-8273-346C5641494F", "Sony boot"},
};

const char *exh_mbr_type_name(uint8_t type)
{
	for (size_t i = 0; i < sizeof(mbr_types) / sizeof(mbr_types[0]); i++)
		if (mbr_types[i].type == type)
			return mbr_types[i].name;
	return NULL;
}

const char *exh_gpt_type_name(const char *guid)
{
	for (size_t i = 0; i < sizeof(gpt_types) / sizeof(gpt_types[0]); i++)
		if (!strcmp(gpt_types[i].guid, guid))
			return gpt_types[i].name;
	return NULL;
}

bool exh_mbr_may_nest(uint8_t type)
{
	static const uint8_t types[] = {0x6c, 0x9f, 0xa5, 0xa6, 0xa9, 0xb7};

	return memchr(types, type, sizeof(types));
}

bool exh_gpt_may_nest(const char *guid)
{
	static const char *const guids[] = {
		"516E7CB4-6ECF-11D6-8FF8-00022D09712B", /* FreeBSD disklabel */
		"824CC7A0-36A8-11E3-890A-952519AD3F61", /* OpenBSD data */
		"9D087404-1CA5-11DC-8817-01301BB8A9F5", /* DragonFly disklabel */
		"3D48CE54-1D16-11DC-8696-01301BB8A9F5", /* the same, 64-bit */
	};

	for (size_t i = 0; i < sizeof(guids) / sizeof(guids[0]); i++)
		if (!strcmp(guids[i], guid))
			return true;
	return false;
}
