#!/usr/bin/python3
"""Makes the kernel and the initrd of a small server to try the cloud out with, from what this VM has."""
import ctypes
import glob
import os
import shutil
import struct
import subprocess
import tempfile

HERE = '/var/lib/cloud'
MODULES = ('virtio_pci', 'virtio_net', 'virtio_blk', 'virtio-rng', 'ata_piix', 'sr_mod', 'isofs', 'nls_utf8', 'button', 'evdev')


def kernel(path):
    """Returns the kernel unpacked, so that an emulated server need not do it. https://docs.kernel.org/arch/x86/boot.html"""
    with open(path, 'rb') as file:
        image = file.read()
    offset, length = struct.unpack_from('<II', image, 0x248)
    packed = image[(image[0x1f1] + 1) * 512 + offset:][:length - 4]
    # LZ4 in its legacy frame: blocks that become 8 MiB, each after its length.
    if not packed.startswith(b'\x02\x21\x4c\x18'):
        return image
    unpack = ctypes.CDLL('liblz4.so.1').LZ4_decompress_safe
    block, parts, at = ctypes.create_string_buffer(8 << 20), [], 4
    while at + 4 <= len(packed):
        size = int.from_bytes(packed[at:at + 4], 'little')
        count = unpack(packed[at + 4:at + 4 + size], block, size, len(block))
        if count < 0:
            return image
        parts.append(block.raw[:count])
        at += 4 + size
    return b''.join(parts)


def programs(root):
    """Copies busybox and dropbear with the libraries that they need."""
    for folder in ('bin', 'dev', 'etc/dropbear', 'proc', 'root/.ssh', 'run', 'sys', 'modules'):
        os.makedirs(f'{root}/{folder}')
    for path in map(shutil.which, ('busybox', 'dropbear', 'dropbearkey')):
        path = os.path.realpath(path)
        shutil.copy(path, f'{root}/bin')
        listed = subprocess.run(['ldd', path], capture_output=True, text=True).stdout
        for library in (word for word in listed.split() if word.startswith('/')):
            os.makedirs(root + os.path.dirname(library), exist_ok=True)
            shutil.copy(library, root + library)
    for name in subprocess.run(['busybox', '--list'], capture_output=True, text=True, check=True).stdout.split():
        if not os.path.exists(f'{root}/bin/{name}'):
            os.symlink('busybox', f'{root}/bin/{name}')


def modules(root, release):
    """Copies the modules with those that they need, and lists them in the order in which they are loaded."""
    order = []
    for name in MODULES:
        shown = subprocess.run(['modprobe', '-S', release, '--show-depends', name], capture_output=True, text=True)
        order += [line.split()[1] for line in shown.stdout.splitlines() if line.startswith('insmod ')]
    order = list(dict.fromkeys(order))
    for path in order:
        shutil.copy(path, f'{root}/modules')
    write(f'{root}/modules/order', ''.join(os.path.basename(path) + '\n' for path in order))


def write(path, text, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'w', encoding='utf-8') as file:
        file.write(text)


os.makedirs(HERE, exist_ok=True)
release = sorted(os.path.basename(path) for path in glob.glob('/lib/modules/*'))[-1]
with open(f'{HERE}/kernel', 'wb') as file:
    file.write(kernel(f'/boot/vmlinuz-{release}'))
with tempfile.TemporaryDirectory() as root:
    programs(root)
    modules(root, release)
    shutil.copy('/usr/local/lib/cloud/guest-init', f'{root}/init')
    os.chmod(f'{root}/init', 0o755)
    write(f'{root}/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
    write(f'{root}/etc/shadow', 'root:*:19000:0:99999:7:::\n', 0o600)
    write(f'{root}/etc/group', 'root:x:0:\n')
    write(f'{root}/etc/shells', '/bin/sh\n')
    os.chmod(f'{root}/root/.ssh', 0o700)
    os.chmod(f'{root}/root', 0o700)
    os.chmod(root, 0o755)
    with open(f'{HERE}/initrd', 'wb') as file:
        names = subprocess.run(['find', '.'], cwd=root, capture_output=True, check=True).stdout
        subprocess.run(['busybox', 'cpio', '-o', '-H', 'newc'], cwd=root, input=names, stdout=file, check=True)
for name in ('kernel', 'initrd'):
    print(name, os.path.getsize(f'{HERE}/{name}'))
