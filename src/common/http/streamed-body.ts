/** What the bodies of uploads are sent as. They are handed to their route unread. */
export const STREAMED_MEDIA_TYPE = 'application/offset+octet-stream';
