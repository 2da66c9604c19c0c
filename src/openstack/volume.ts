import * as z from 'zod';

/** What is used of volumes. Source: https://docs.openstack.org/api-ref/block-storage/v3/ */
export const volumeSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  /** `creating`, `available`, `reserved`, `in-use`, `deleting`, `error`, … */
  status: z.string(),
  /** GiB. */
  size: z.number(),
  description: z.string().nullish(),
  volume_type: z.string().nullish(),
  /** "true" or "false", as text. */
  bootable: z.string().optional(),
  availability_zone: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).default({}),
  attachments: z.array(z.object({ server_id: z.string(), device: z.string().nullish() })).default([]),
  created_at: z.string().nullish(),
});

export type Volume = z.infer<typeof volumeSchema>;

export const volumeSnapshotSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  size: z.number(),
  volume_id: z.string(),
  metadata: z.record(z.string(), z.string()).default({}),
});

export type VolumeSnapshot = z.infer<typeof volumeSnapshotSchema>;

/** An item of `volume_types` of GET /types. */
export const volumeTypeSchema = z.object({ id: z.string(), name: z.string(), is_public: z.boolean().optional() });

/** The answer to GET /limits; -1 is no limit. */
export const volumeLimitsSchema = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalVolumes: z.number(),
      maxTotalVolumeGigabytes: z.number(),
      maxTotalSnapshots: z.number().optional(),
      totalVolumesUsed: z.number(),
      totalGigabytesUsed: z.number(),
      totalSnapshotsUsed: z.number().optional(),
    }),
  }),
});

export type VolumeLimits = z.infer<typeof volumeLimitsSchema>['limits']['absolute'];
