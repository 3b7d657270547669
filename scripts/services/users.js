// Who may use the brokers where one has to say who it is. No secret: they listen on this machine alone, for its tests.

export const ROBOT = { user: "robot", password: "s3cret-p@ss/word" };

export const USERINFO = `${ROBOT.user}:${encodeURIComponent(ROBOT.password)}`;
