import * as z from 'zod';

/** What is used of an image; its properties are members beside these. Source: https://docs.openstack.org/api-ref/image/v2/ */
export const imageSchema = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  /** `queued`, `saving`, `active`, `killed`, `deleted`, … */
  status: z.string(),
  visibility: z.string().optional(),
  owner: z.string().nullish(),
  /** Bytes; null before the data are there. */
  size: z.number().nullish(),
  virtual_size: z.number().nullish(),
  /** GiB. */
  min_disk: z.number().default(0),
  /** MiB. */
  min_ram: z.number().default(0),
  disk_format: z.string().nullish(),
  container_format: z.string().nullish(),
  os_hash_algo: z.string().nullish(),
  os_hash_value: z.string().nullish(),
  protected: z.boolean().default(false),
  os_hidden: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  created_at: z.string(),
  updated_at: z.string().optional(),
});

export type Image = z.infer<typeof imageSchema>;
