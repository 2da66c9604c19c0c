import t from 'tap';
import { testDriverContract } from './contract.js';
import { libvirtWorld } from './libvirt-world.js';

testDriverContract(t, "libvirt's test driver", libvirtWorld('test:///default', 'test'));
