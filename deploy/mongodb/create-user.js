// Run once by the image of MongoDB, when its volume is new: the user of the services, who may read and write the
// database eccs and nothing else.
const password = process.env.ECCS_MONGO_PASSWORD;
if (!password) {
  throw new Error("ECCS_MONGO_PASSWORD is not set");
}
db.getSiblingDB("eccs").createUser({user: "eccs", pwd: password, roles: [{role: "readWrite", db: "eccs"}]});
