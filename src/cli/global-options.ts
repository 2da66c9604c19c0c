import type { Options } from 'yargs';
import { DEFAULT_DRIVER, DRIVER_NAMES } from '../driver/known-drivers.js';
import { DEFAULT_ROOT } from '../filenames.js';

const SLICE_GROUP = 'Slice:';
const CONFIGURATION_GROUP = 'Configuration:';
const OUTPUT_GROUP = 'Output:';

/** The options of every command, as yargs takes them. */
export const GLOBAL_OPTIONS = {
  slice: {
    alias: 's',
    type: 'string',
    defaultDescription: '1',
    requiresArg: true,
    group: SLICE_GROUP,
    describe: 'number of the slice; auto: the slice of this session, or a free one for it',
  },
  driver: {
    choices: DRIVER_NAMES,
    requiresArg: true,
    defaultDescription: DEFAULT_DRIVER,
    group: SLICE_GROUP,
    describe: 'what VMs are made with',
  },
  connect: {
    type: 'string',
    default: 'qemu:///system',
    requiresArg: true,
    group: SLICE_GROUP,
    describe: 'libvirt connection URI',
  },
  root: {
    type: 'string',
    requiresArg: true,
    group: SLICE_GROUP,
    defaultDescription: DEFAULT_ROOT,
    describe: 'folder of images, disks, keys and logs',
  },
  payload: {
    type: 'string',
    requiresArg: true,
    group: CONFIGURATION_GROUP,
    describe: 'payload below the files of --config: NAME, FOLDER, git+https://…#REF or https://….tar.gz#sha256=…',
  },
  project: {
    type: 'string',
    requiresArg: true,
    defaultDescription: 'the virtbs.yaml of this folder, or of the next one above',
    group: CONFIGURATION_GROUP,
    describe: 'YAML file of the project; none: no project',
  },
  config: {
    alias: 'c',
    type: 'string',
    array: true,
    nargs: 1,
    default: [],
    defaultDescription: 'none',
    group: CONFIGURATION_GROUP,
    describe: 'YAML file merged over the shipped configuration; repeatable',
  },
  set: {
    alias: 'e',
    type: 'string',
    array: true,
    nargs: 1,
    group: CONFIGURATION_GROUP,
    describe: 'set PATH=STRING in the configuration; repeatable',
  },
  'set-literal': {
    alias: 'E',
    type: 'string',
    array: true,
    nargs: 1,
    group: CONFIGURATION_GROUP,
    describe: 'set PATH=YAML in the configuration; repeatable',
  },
  'output-dir': {
    type: 'string',
    default: '.',
    requiresArg: true,
    group: OUTPUT_GROUP,
    describe: 'folder of the files for ssh and other tools',
  },
  json: { type: 'boolean', default: false, group: OUTPUT_GROUP, describe: 'print the result as JSON' },
  progress: {
    choices: ['auto', 'lines', 'json'],
    default: 'auto',
    requiresArg: true,
    group: OUTPUT_GROUP,
    describe: 'what stderr gets: a drawing on a terminal and else lines; always lines; an event a line as JSON',
  },
  quiet: {
    alias: 'q',
    type: 'boolean',
    default: false,
    group: OUTPUT_GROUP,
    describe: 'no progress, only warnings and errors',
  },
  verbose: { alias: 'v', type: 'boolean', default: false, group: OUTPUT_GROUP, describe: 'say more of what is done' },
} as const satisfies Record<string, Options>;
