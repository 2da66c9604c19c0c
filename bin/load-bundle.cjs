// Loads dist/bundle/main.cjs for bin/virtbs, with the code that V8 made of it in an earlier run, where there is one that fits: a
// command then needs up to a third less processor time. What V8 made is kept in ~/.cache/virtbs, for each build and version of Node.
'use strict';

const { constants, closeSync, fstatSync, openSync, readFileSync } = require('fs');
const { mkdirSync, readdirSync, renameSync, statSync, unlinkSync, writeFileSync } = require('fs');
const { createRequire } = require('module');
const { homedir } = require('os');
const { dirname, join } = require('path');
const { Script } = require('vm');
const { crc32 } = require('zlib');

/** What each run compiles is added, until there were so many different commands. */
const MOST_WORDS = 64;
/** So many kept files: builds and versions of Node that take turns. */
const MOST_FILES = 8;

/** The bundle's exports, and `keep`, to be called when the command is done. */
function loadBundle(file, argv) {
  // Outside of ASCII there are comments only, and a string of bytes is made and looked through much faster.
  const source = readFileSync(file, 'latin1');
  const path = cachePath(source);
  const kept = path === null ? null : readKept(path);
  const script = new Script(source, { filename: file, ...(kept ? { cachedData: kept.code } : {}) });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, createRequire(file), loaded, file, dirname(file));
  return { exports: loaded.exports, keep };

  /** Only what is missing is kept: code that V8 has refused is right for a run with other options of V8. */
  function keep() {
    const word = argv.find((each) => /^[a-z][a-z-]{1,19}$/.test(each)) ?? '';
    const words = kept ? kept.words : [];
    if (path === null || words.includes(word) || words.length >= MOST_WORDS || script.cachedDataRejected) return;
    try {
      writeKept(path, [...words, word], script.createCachedData());
    } catch {
      // a full disk, a home that cannot be written: the next run is as fast as this one
    }
  }
}

/** Null where nothing is to be kept: by a build without an identity, or by the wish of who looks at coverage or has switched off Node's own cache. */
function cachePath(source) {
  const build = /^\/\/ build ([0-9a-f]{16,})\n/.exec(source.slice(0, 100));
  const { env } = process;
  if (!build || env.NODE_DISABLE_COMPILE_CACHE || env.NODE_V8_COVERAGE || typeof process.geteuid !== 'function')
    return null;
  const folder =
    env.XDG_CACHE_HOME && env.XDG_CACHE_HOME.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(folder, 'virtbs', `code-${process.version}-${process.arch}-${build[1]}`);
}

/** A file has a line with a check sum and the words of the commands it was made by, then the code. Only one's own is trusted. */
function readKept(path) {
  let file;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode } = fstatSync(file);
    if (uid !== process.geteuid() || (mode & constants.S_IFMT) !== constants.S_IFREG || (mode & 0o022) !== 0)
      return null;
    const bytes = readFileSync(file);
    const end = bytes.indexOf('\n');
    const [sum, ...words] = bytes.toString('latin1', 0, end).split(' ');
    const code = bytes.subarray(end + 1);
    return end > 0 && Number(sum) === crc32(code) ? { words, code } : null;
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function writeKept(path, words, code) {
  const folder = dirname(path);
  if (!isOwn(folder)) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, Buffer.concat([Buffer.from(`${[crc32(code), ...words].join(' ')}\n`), code]), {
    mode: 0o600,
    flag: 'wx',
  });
  renameSync(unfinished, path);
  const others = readdirSync(folder).filter((name) => name.startsWith('code-'));
  if (others.length <= MOST_FILES) return;
  const age = (name) => statSync(join(folder, name)).mtimeMs;
  for (const name of others.sort((one, other) => age(other) - age(one)).slice(MOST_FILES))
    unlinkSync(join(folder, name));
}

/** Whether a folder, or the nearest one above that there is, belongs to who runs this: sudo can leave us in somebody else's home. */
function isOwn(folder) {
  try {
    return statSync(folder).uid === process.geteuid();
  } catch {
    return folder !== dirname(folder) && isOwn(dirname(folder));
  }
}

module.exports = { loadBundle };
