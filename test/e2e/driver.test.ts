import t from 'tap';
import { testDriverContract } from '../driver/contract.js';
import { libvirtWorld } from '../driver/libvirt-world.js';
import { noLab } from './run-virtbs.js';

if (noLab === false) testDriverContract(t, 'libvirt', libvirtWorld('qemu:///system', 'qemu'));
else t.pass('the contract on a real libvirt', { skip: noLab });
