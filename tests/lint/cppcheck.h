/* SPDX-License-Identifier: Apache-2.0 */
/* cppcheck does not read jansson's headers; these are loops of the same shape. */
#define json_array_foreach(array, i, value) for (i = 0; (value = json_array_get(array, i)); i++)
#define json_object_foreach(object, key, value)                                                    \
	for (key = ""; (value = json_object_get(object, key)); key++)
#define json_object_foreach_safe(object, n, key, value) json_object_foreach (object, key, value)
