/** The longest label of a host name. Source: RFC 1035, section 2.3.4 */
const LABEL_LIMIT = 63;

/** A role as host names have it: lower case, `_` becomes `-`. */
export function roleName(role: string): string {
  return role.toLowerCase().replaceAll('_', '-');
}

/** Role and offset in at least two hex digits: `controller-02`. */
export function hostName(role: string, offset: number): string {
  return `${roleName(role)}-${offset.toString(16).padStart(2, '0')}`;
}

/** The VM's number among those of its role, from 1 in the order of their addresses, behind the role: `worker.2`. */
export function ordinalName<Vm extends { readonly role: string }>(vms: readonly Vm[], vm: Vm): string {
  return ordinalOf(vm.role, vms.filter(({ role }) => role === vm.role).indexOf(vm) + 1);
}

/** `worker.2`: the second VM of role `worker`. */
export function ordinalOf(role: string, number: number): string {
  return `${roleName(role)}.${number}`;
}

/** Returns why DNS would refuse the name, or null. Source: RFC 1123, section 2.1 */
export function hostNameProblem(name: string): string | null {
  if (name.length > LABEL_LIMIT) return `"${name}" is longer than ${LABEL_LIMIT} characters`;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) return `"${name}" is no host name: letters, digits and - only`;
  return null;
}
