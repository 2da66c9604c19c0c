import type { Tree } from '../yaml/tree.js';
import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import { SERVICE_TYPES, type ServiceType } from './cloud.js';
import type { CloudSettings, ServiceSettings } from './cloud-settings.js';
import { readCloudsFile, type CloudsFile, type CloudsFileOptions } from './clouds-file.js';
import { cloudOptions } from './cloud-options.js';
import { ENVIRONMENT, environmentOptions, tellsOfCloud } from './environment-options.js';
import { OptionReader, type OptionSource } from './option-reader.js';
import { readCredentials, readProject } from './read-credentials.js';

/** The name of the cloud that the environment tells of. */
const ENVIRONMENT_CLOUD = 'envvars';

/** The name of each service in the names of options: `volume_endpoint_override`. */
const OPTION_NAMES: Readonly<Record<ServiceType, readonly string[]>> = {
  compute: ['compute'],
  network: ['network'],
  image: ['image'],
  volume: ['volume', 'block_storage', 'block_store', 'volumev3'],
  identity: ['identity'],
};

/**
 * Finds the cloud that is meant and all that is told of it, in the order of OpenStack's SDK: the cloud that is named (by
 * `cloud`, or `OS_CLOUD`) is in clouds.yaml, and the other variables do not count but for the region and a password that
 * the file does not hold. Where none is named it is the one that `OS_*` variables tell of, or else the only one in clouds.yaml.
 *
 * @throws VirtbsError `config-invalid`
 */
export async function readCloudSettings(
  options: CloudsFileOptions & { readonly cloud?: string },
): Promise<CloudSettings> {
  const { environment } = options;
  const named = nonEmpty(options.cloud) ?? nonEmpty(environment['OS_CLOUD']);
  const ownName = nonEmpty(environment['OS_CLOUD_NAME']) ?? ENVIRONMENT_CLOUD;
  if (named === ownName || (named === undefined && tellsOfCloud(environment))) {
    return readSettings(environmentOptions(options), { name: null, source: ENVIRONMENT });
  }
  const file = await readCloudsFile(options);
  const label = nonEmpty(options.cloud) === undefined ? 'OS_CLOUD' : undefined;
  const [name, tree] = chooseCloud(file, named, label);
  const profile = file?.missingProfiles.get(name);
  return readSettings(cloudOptions(name, tree, options), { name, source: file?.source ?? '', profile });
}

/** @param label the variable that names the cloud, where one does */
function chooseCloud(
  file: CloudsFile | undefined,
  named: string | undefined,
  label: string | undefined,
): readonly [string, Tree] {
  const names = [...(file?.clouds.keys() ?? [])];
  const name = named ?? (names.length === 1 ? names[0] : undefined);
  const tree = name === undefined ? undefined : file?.clouds.get(name);
  if (name !== undefined && tree) return [name, tree];
  const hint =
    'name a cloud with OS_CLOUD, or set OS_AUTH_URL and what belongs to it as the openrc file of a project does';
  if (!file) {
    const what =
      named === undefined
        ? 'no cloud is told of'
        : `${label === undefined ? '' : `${label}: `}cloud "${named}" is not known`;
    throw new VirtbsError('config-invalid', `${what}: there is no clouds.yaml`, {
      hint: named === undefined ? hint : 'write clouds.yaml here, in ~/.config/openstack or in /etc/openstack',
    });
  }
  if (named !== undefined)
    throw new VirtbsError('config-invalid', `${file.source}: ${unknownWord('unknown cloud', named, names)}`, {
      hint: label === undefined ? 'see the name of the cloud in the configuration' : `see ${label} in the environment`,
    });
  const what = names.length === 0 ? 'no clouds in it' : `it has several clouds, and none is named: ${names.join(', ')}`;
  throw new VirtbsError('config-invalid', `${file.source}: ${what}`, { hint });
}

interface About {
  readonly name: string | null;
  readonly source: string;
  /** One that the cloud names and that is nowhere. */
  readonly profile?: string | undefined;
}

function readSettings(source: OptionSource, about: About): CloudSettings {
  const reader = new OptionReader(source);
  const authUrl = reader.url('auth_url');
  const credentials = readCredentials(reader);
  const settings = {
    source: about.source,
    project: 'kind' in credentials && credentials.kind === 'application-credential' ? null : readProject(reader),
    region: reader.text('region_name'),
    interface: interfaceName(reader.text('interface', 'endpoint_type')) ?? 'public',
    tls: {
      verify: (reader.flag('verify') ?? true) && !(reader.flag('insecure') ?? false),
      cacert: reader.pem('cacert', 'ca_file'),
      cert: reader.pem('cert'),
      key: reader.pem('key'),
      labels: { cacert: reader.label('cacert', 'ca_file'), cert: reader.label('cert'), key: reader.label('key') },
    },
    timeout: reader.duration('api_timeout', 'timeout'),
    services: Object.fromEntries(
      SERVICE_TYPES.map((type) => [type, readService(reader, OPTION_NAMES[type])]),
    ) as Record<ServiceType, ServiceSettings>,
  };
  reader.finish();
  if (authUrl === null) throw about.profile === undefined ? missing(about, 'auth_url') : missingProfile(about);
  if ('missing' in credentials) throw missing(about, credentials.missing);
  return { ...settings, name: about.name ?? new URL(authUrl).host, authUrl, credentials };
}

function readService(reader: OptionReader, names: readonly string[]): ServiceSettings {
  const of = (option: string): string[] => names.map((name) => `${name}_${option}`);
  const pinned = of('default_microversion');
  const version = reader.version(...pinned) ?? reader.version(...of('api_version'));
  if (version !== null && !/^(?:\d+(?:\.(?:\d+|latest))?|latest|v\d+)$/.test(version)) {
    reader.refuse([...pinned, ...of('api_version')], 'is no version such as 2.79, or latest');
  }
  return {
    endpoint: reader.url(...of('endpoint_override'), ...of('endpoint')),
    interface: interfaceName(reader.text(...of('interface'), ...of('endpoint_type'))),
    region: reader.text(...of('region_name')),
    catalogType: reader.text(...of('service_type')),
    // A major version says nothing that the client does not know.
    microversion: version?.endsWith('latest') === true ? 'latest' : version?.includes('.') === true ? version : null,
  };
}

/** `publicURL` is how the catalog of version 2 called it. */
function interfaceName(text: string | null): string | null {
  return text === null ? null : text.replace(/URL$/, '');
}

/** OpenStack's SDK brings the data of some public clouds, or fetches it; we know only what is in files. */
function missingProfile({ name, source, profile }: About): VirtbsError {
  return new VirtbsError(
    'config-invalid',
    `${source}: cloud "${name}": auth_url is missing, and profile "${profile}" is in no clouds-public.yaml`,
    {
      hint: `virtbs does not have the data of vendors that is built into OpenStack's SDK: write auth_url under "auth" and region_name beside it, as python3 -c 'import openstack; print(openstack.config.OpenStackConfig().get_one("${name}").config)' shows them, or put the profile into clouds-public.yaml`,
    },
  );
}

function missing({ name: cloud, source }: About, option: string): VirtbsError {
  const name = cloud === null ? `OS_${option.toUpperCase()}` : option;
  const where = cloud === null ? source : `${source}: cloud "${cloud}"`;
  return new VirtbsError('config-invalid', `${where}: ${name} is missing`, {
    hint: cloud === null ? 'take the openrc file of the project, or set OS_CLOUD' : 'it goes under "auth"',
  });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
