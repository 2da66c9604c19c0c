/** Ends our line in a user's ssh configuration, which includes the files of all slices. */
export const SSH_INCLUDE_MARK = '# virtbs ssh-config';
